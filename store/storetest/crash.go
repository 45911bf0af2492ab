package storetest

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"testing"

	"cloison"
	"cloison/ledger"
	"cloison/wall/disclose"
)

// Discloser is the child of a crash test: it commits rows until it is killed, and writes one line for each commit that
// was acknowledged: the first number and the persons. An error of the store makes it try again, as a stage does.
func Discloser(ctx context.Context, db All, name string, out io.Writer) error {
	for k := 0; ; k++ {
		rows := make([]ledger.Row, 1+k%3)
		var persons []string
		for j := range rows {
			person := fmt.Sprintf("%s-%d-%d", name, k, j)
			rows[j], persons = row(cloison.AccountID(1+k%5), person, noon()), append(persons, person)
		}
		gate, err := db.Gate(ctx)
		if err != nil {
			continue
		}
		counters, err := db.Tallies(ctx, []disclose.Counted{"a:" + disclose.Counted(name)})
		if err != nil {
			continue
		}
		counters[0].Tally.Persons++
		first, err := db.Commit(ctx, disclose.Commit{Fence: gate.Fence, At: noon(), Rows: rows, Counters: counters})
		if err != nil {
			continue
		}
		if _, err := fmt.Fprintln(out, first, strings.Join(persons, " ")); err != nil {
			return err
		}
	}
}

// RunCrash starts two disclosers, has something happen to the database after some commits, kills the disclosers in the
// middle of what they do, and checks that every acknowledged row is there at its number, and that the numbers have no
// gap.
func RunCrash(t *testing.T, open Open, child func(name string) *exec.Cmd, happen func(t *testing.T)) {
	acknowledged := map[int64]string{}
	for round := range 3 {
		lines := make(chan string)
		var children []*exec.Cmd
		for i := range 2 {
			c := child(fmt.Sprintf("r%dc%d", round, i))
			out, err := c.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := c.Start(); err != nil {
				t.Fatal(err)
			}
			children = append(children, c)
			go func() {
				for s := bufio.NewScanner(out); s.Scan(); {
					lines <- s.Text()
				}
				lines <- ""
			}()
		}
		for n, alive := 0, len(children); alive > 0; {
			line := <-lines
			if line == "" {
				alive--
				continue
			}
			var first int64
			persons := strings.Fields(line)
			if _, err := fmt.Sscan(persons[0], &first); err != nil {
				t.Fatal(err)
			}
			for j, p := range persons[1:] {
				if other, ok := acknowledged[first+int64(j)]; ok {
					t.Fatalf("the number %d was given to %s and to %s", first+int64(j), other, p)
				}
				acknowledged[first+int64(j)] = p
			}
			switch n++; n {
			case 20:
				happen(t)
			case 40:
				for _, c := range children {
					_ = c.Process.Kill()
				}
			}
		}
		for _, c := range children {
			_ = c.Wait() // killed
		}
		w := &world{T: t, ctx: t.Context(), All: open(t), open: open}
		w.complete(acknowledged, false)
		w.ok(w.commit(noon(), []ledger.Row{row(1, fmt.Sprint("after", round), noon())}))
		acknowledged[w.gate().NextSeq-1] = fmt.Sprint("after", round)
	}
}

// RunFull commits until the disk is full, twice over, and again once there is room.
func RunFull(t *testing.T, db All, makeRoom func()) {
	w := &world{T: t, ctx: t.Context(), All: db}
	acknowledged := map[int64]string{}
	fill := func(most int) (refused error) {
		for k := range most {
			var rows []ledger.Row
			for j := range 50 {
				rows = append(rows, row(cloison.AccountID(j+1), fmt.Sprintf("p%d-%d", k, j), noon()))
			}
			first, err := db.Commit(t.Context(), disclose.Commit{Fence: w.fence(), At: noon(), Rows: rows})
			if err != nil {
				return err
			}
			for j, r := range rows {
				acknowledged[first+int64(j)] = string(r.Person)
			}
		}
		return nil
	}
	w.is(cloison.Unavailable, fill(1000))
	w.is(cloison.Unavailable, fill(1000))
	w.complete(acknowledged, true)
	makeRoom()
	w.ok(fill(3))
	w.complete(acknowledged, true)
}
