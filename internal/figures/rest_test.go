package figures

import "testing"

func (b *bench) commits(t *testing.T)       {}
func (b *bench) ledger(t *testing.T)        {}
func (b *bench) log(t *testing.T)           {}
func (b *bench) demonstration(t *testing.T) {}

func ledgerRollRole([]byte, func(any), <-chan struct{}) (any, error) { return nil, nil }
func logRollRole([]byte, func(any), <-chan struct{}) (any, error)    { return nil, nil }
func logLinesRole([]byte, func(any), <-chan struct{}) (any, error)   { return nil, nil }
