package explanation_test

import (
	"testing"

	"cloison/access/approval"
	"cloison/internal/testkit/accesskit"
)

// world is the tests' own.
type world struct{ *accesskit.World }

func newWorld(t *testing.T, s approval.Settings) *world {
	t.Helper()
	return &world{accesskit.New(t, accesskit.Settings{Approval: s})}
}
