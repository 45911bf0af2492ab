package shared_test

import (
	"fmt"
	"testing"

	"cloison/access/directory"
	"cloison/store/shared"
)

// TestStatesAreTheDirectorys holds the numbers in the texts to those that are stored.
func TestStatesAreTheDirectorys(t *testing.T) {
	for _, c := range []struct {
		text   string
		number any
	}{
		{shared.Pending, directory.Pending}, {shared.Active, directory.Active}, {shared.Suspended, directory.Suspended},
		{shared.Closed, directory.Closed}, {shared.Readers, directory.Adviser | directory.Reception},
	} {
		if n := fmt.Sprintf("%d", c.number); n != c.text {
			t.Errorf("a text says %s where the directory stores %s", c.text, n)
		}
	}
}
