package approval_test

import (
	"testing"

	"cloison/access/approval"
	"cloison/internal/testkit/testworld"
)

// world is what these tests share.
type world struct{ *testworld.World }

func newWorld(t *testing.T, s approval.Settings) *world {
	t.Helper()
	return &world{testworld.New(t, testworld.Options{Approval: s})}
}
