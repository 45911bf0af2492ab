package signin

import (
	"context"
	"encoding/json"
	"time"
)

// CanonicalJSON is canonicalJSON, for its property test.
func CanonicalJSON(subject any) (json.RawMessage, error) { return canonicalJSON(subject) }

// ChallengeOf is challengeOf, for its property test.
func ChallengeOf(nonce [32]byte, a Act) [32]byte { return challengeOf(nonce, a) }

// DeviceOf is deviceOf, for its table test.
func DeviceOf(agent string) string { return deviceOf(agent) }

// LookEvery makes the next Run look that often.
func (s *Signin) LookEvery(d time.Duration) { s.streams.every = d }

// LookOnce looks once for sessions that have ended.
func (s *Signin) LookOnce(ctx context.Context) (int64, error) { return s.endStreams(ctx, 0) }
