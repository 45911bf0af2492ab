package directory_test

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"cloison"
	"cloison/access/directory"
	"cloison/internal/testkit/testworld"
)

func attest(w *testworld.World, name string, c directory.Course, at time.Time) time.Time {
	w.Helper()
	until, err := w.Directory.Attest(w.Ctx, w.Who[name].ID, c, at, "test")
	if err != nil {
		w.Fatal(err)
	}
	return until
}

func TestAnAttestationProlongs(t *testing.T) {
	w := testworld.New(t, testworld.Options{Directory: directory.Settings{AwarenessMonths: 3}})
	now := w.Clock.Now() // 2025-12-01 10:00 in Paris
	until := attest(w, "adviser", directory.Awareness, now)
	if want := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC); !until.Equal(want) ||
		!w.Account(w.Who["adviser"].ID).AwarenessUntil.Equal(want) {
		t.Errorf("valid until %v, want %v", until, want)
	}
	if got := attest(w, "manager", directory.ManagersCourse, now.Add(time.Minute)); got.Sub(now) < 364*24*time.Hour {
		t.Errorf("the managers' course ends at %v", got)
	}
	if a := w.Account(w.Who["manager"].ID); !a.AwarenessUntil.IsZero() {
		t.Errorf("the managers' course stands for the awareness, until %v", a.AwarenessUntil)
	}
	events, err := w.DB.Events(w.Ctx, 0, 10)
	if err != nil || len(events) != 2 {
		t.Fatalf("%d events, %v", len(events), err)
	}
	if e := events[0]; e.Code != "training.attested" || e.Account != w.Who["adviser"].ID || e.Actor != 0 ||
		e.Detail["course"] != "awareness" || e.Detail["source"] != "test" || e.Detail["until"] != "2026-03-01T09:00:00Z" {
		t.Errorf("the journal says %+v", e)
	}
}

// TestAttestationsInAnyOrder: the validity is that of the latest course, in whatever order and how often attestations
// come; one that prolongs nothing leaves no trace.
func TestAttestationsInAnyOrder(t *testing.T) {
	w := testworld.New(t, testworld.Options{})
	w.Clock.Add(400 * 24 * time.Hour)
	rapid.Check(t, func(t *rapid.T) {
		before := w.Account(w.Who["adviser"].ID)
		days := rapid.SliceOfN(rapid.IntRange(0, 400), 1, 8).Draw(t, "days ago")
		want := before.AwarenessUntil
		prolonged := 0
		for _, n := range days {
			at := w.Clock.Now().AddDate(0, 0, -n)
			got := attest(w, "adviser", directory.Awareness, at)
			if alone := attest(w, "colleague", directory.Awareness, at); alone.After(want) {
				want, prolonged = alone, prolonged+1
			}
			if !got.Equal(want) {
				t.Fatalf("after %v days ago: valid until %v, want %v", n, got, want)
			}
		}
		if after := w.Account(w.Who["adviser"].ID); after.Version != before.Version+int64(prolonged) {
			t.Fatalf("%d changes, want %d", after.Version-before.Version, prolonged)
		}
		w.Change("adviser", func(a *directory.Account) { a.AwarenessUntil = time.Time{} })
		w.Change("colleague", func(a *directory.Account) { a.AwarenessUntil = time.Time{} })
		w.Clock.Add(time.Hour)
	})
}

func TestAttestationsRefused(t *testing.T) {
	w := testworld.New(t, testworld.Options{Directory: directory.Settings{CourseSkew: 5 * time.Minute}})
	now, id := w.Clock.Now(), w.Who["adviser"].ID
	for name, try := range map[string]struct {
		account cloison.AccountID
		course  directory.Course
		at      time.Time
		source  string
		want    cloison.Kind
	}{
		"next year":        {id, directory.Awareness, now.AddDate(1, 0, 0), "lms", cloison.Invalid},
		"beyond the skew":  {id, directory.Awareness, now.Add(5*time.Minute + time.Millisecond), "lms", cloison.Invalid},
		"no time":          {id, directory.Awareness, time.Time{}, "lms", cloison.Invalid},
		"another course":   {id, "cooking", now, "lms", cloison.Invalid},
		"no course":        {id, "", now, "lms", cloison.Invalid},
		"no source":        {id, directory.Awareness, now, "", cloison.Invalid},
		"a person's words": {id, directory.Awareness, now, "said Zoé", cloison.Invalid},
		"a long source":    {id, directory.Awareness, now, strings.Repeat("x", 65), cloison.Invalid},
		"nobody":           {id + 1, directory.Awareness, now, "lms", cloison.NotFound},
	} {
		_, err := w.Directory.Attest(w.Ctx, try.account, try.course, try.at, try.source)
		if err == nil || cloison.KindOf(err) != try.want {
			t.Errorf("%s: got %v, want %s", name, err, try.want)
		}
	}
	if a := w.Account(id); a.Version != w.Who["adviser"].Version || len(w.Codes()) != 0 {
		t.Errorf("refused attestations left %+v, %v", a, w.Codes())
	}
	attest(w, "adviser", directory.Awareness, now.Add(5*time.Minute)) // within the skew
}

func TestCoursesEnding(t *testing.T) {
	w := testworld.New(t, testworld.Options{})
	until := attest(w, "adviser", directory.Awareness, w.Clock.Now())
	got, err := w.Directory.CoursesEnding(w.Ctx, until, until.Add(time.Hour), 0, 10)
	if err != nil || len(got) != 1 || got[0].ID != w.Who["adviser"].ID {
		t.Fatal(len(got), err)
	}
	if c := directory.CoursesOf(directory.Manager | directory.Adviser); len(c) != 2 || c[0].Until(got[0]) != until ||
		!c[1].Until(got[0]).Equal(w.Who["adviser"].ManagersUntil) || len(directory.CoursesOf(directory.Adviser)) != 1 {
		t.Error(c)
	}
}

// TestDaysAreThoseOfTheZone: a body overseas counts in its own time.
func TestDaysAreThoseOfTheZone(t *testing.T) {
	reunion, err := time.LoadLocation("Indian/Reunion")
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 1, 31, 21, 30, 0, 0, time.UTC) // the first of February there, the last of January in Paris
	for _, c := range []struct {
		zone *time.Location
		want time.Time
	}{{nil, time.Date(2026, 7, 31, 20, 30, 0, 0, time.UTC)}, {reunion, time.Date(2026, 7, 31, 21, 30, 0, 0, time.UTC)}} {
		d := directory.New(nil, directory.Settings{Zone: c.zone}, nil, time.Now)
		if got := d.Validity(directory.Awareness, at); !got.Equal(c.want) {
			t.Errorf("in %v a course is valid until %v, want %v", d.Settings().Zone, got, c.want)
		}
	}
}
