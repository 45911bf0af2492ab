package approval_test

import (
	"testing"

	"cloison/access/approval"
	"cloison/internal/testkit/testworld"
)

// world is what these tests share.
type world struct{ *testworld.World }

// newWorld makes one. Its test runs beside others: most of it is waiting for the disk.
func newWorld(t *testing.T, s approval.Settings) *world {
	t.Helper()
	t.Parallel()
	return &world{testworld.New(t, testworld.Options{Approval: s})}
}
