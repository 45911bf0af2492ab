package storetest

func signinTests() []test   { return nil }
func discloseTests() []test { return nil }
func containTests() []test  { return nil }
func sealTests() []test     { return nil }
func watchTests() []test    { return nil }
func exposureTests() []test { return nil }
func raceTests() []test     { return nil }
