package signin

// Judge is judge, for its property test.
func Judge(acr string, amr []string, trusted bool) (string, error) {
	a, err := judge(acr, amr, trusted)
	return string(a), err
}

// ChallengeOf is challengeOf, for its property test.
func ChallengeOf(nonce [32]byte, a Act) [32]byte { return challengeOf(nonce, a) }
