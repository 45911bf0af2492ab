package signin

import (
	"context"
	"encoding/json"
	"time"
)

// Judge is judge, for its property test.
func Judge(acr string, amr []string, trusted bool) (string, error) {
	a, err := judge(acr, amr, trusted)
	return string(a), err
}

// CanonicalJSON is canonicalJSON, for its property test.
func CanonicalJSON(subject any) (json.RawMessage, error) { return canonicalJSON(subject) }

// ChallengeOf is challengeOf, for its property test.
func ChallengeOf(nonce [32]byte, a Act) [32]byte { return challengeOf(nonce, a) }

// DeviceOf is deviceOf, for its table test.
func DeviceOf(agent string) string { return deviceOf(agent) }

// FollowEvery makes the next Run look that often.
func (s *Signin) FollowEvery(d time.Duration) { s.live.every = d }

// LookOnce is one look of the stage at what has ended.
func (s *Signin) LookOnce(ctx context.Context) (int64, error) { return s.endStreams(ctx, 0) }
