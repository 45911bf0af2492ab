package signin

import "encoding/json"

// Judge is judge, for its property test.
func Judge(acr string, amr []string, trusted bool) (string, error) {
	a, err := judge(acr, amr, trusted)
	return string(a), err
}

// CanonicalJSON is canonicalJSON, for its property test.
func CanonicalJSON(subject any) (json.RawMessage, error) { return canonicalJSON(subject) }

// ChallengeOf is challengeOf, for its property test.
func ChallengeOf(nonce [32]byte, a Act) [32]byte { return challengeOf(nonce, a) }
