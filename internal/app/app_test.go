package app

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"cloison/internal/config"
)

// TestEveryStageHasTheConfigsZone: the days of the directory are those of the config's timezone.
func TestEveryStageHasTheConfigsZone(t *testing.T) {
	for text, want := range map[string]string{"": "Europe/Paris", "timezone: Indian/Reunion\n": "Indian/Reunion"} {
		file := filepath.Join(t.TempDir(), "cloison.yaml")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := config.Load(file)
		if err != nil {
			t.Fatal(err)
		}
		a, err := Open(t.Context(), c, slog.New(slog.DiscardHandler), time.Now, true)
		if err != nil {
			t.Fatal(err)
		}
		defer a.Close()
		if got := a.Directory.Settings().Zone.String(); got != want || a.Zone.String() != want {
			t.Errorf("the directory's days are those of %s, the app's of %s, want %s", got, a.Zone, want)
		}
	}
}
