package signin

// Judge is judge, for its property test.
func Judge(acr string, amr []string, trusted bool) (string, error) {
	a, err := judge(acr, amr, trusted)
	return string(a), err
}
