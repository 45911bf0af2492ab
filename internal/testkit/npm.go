package testkit

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// NPM installs what the lock file of a folder names, outside of the repository and without scripts of the packages, and
// returns the folder where the files and their node_modules are. It is done once for all runs of the same files.
// Without node on the machine the test fails in CI, and is skipped elsewhere.
func NPM(t testing.TB, name string, files fs.FS) string {
	t.Helper()
	needs(t, "Node.js")
	for _, tool := range []string{"node", "npm"} {
		if _, err := exec.LookPath(tool); err != nil {
			if os.Getenv("CI") != "" {
				t.Fatalf("%s is not installed: run scripts/need", tool)
			}
			t.Skipf("%s is not installed: make test installs it", tool)
		}
	}
	hash := sha256.New()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(fs.WalkDir(files, ".", func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := fs.ReadFile(files, file)
		hash.Write(append([]byte(file+"\x00"), b...))
		return err
	}))
	cache, err := os.UserCacheDir()
	must(err)
	all := filepath.Join(cache, "cloison-tests")
	dir := filepath.Join(all, name+"-"+hex.EncodeToString(hash.Sum(nil))[:16])
	if _, err := os.Stat(dir); err == nil {
		return dir
	}
	must(os.MkdirAll(all, 0o755))
	fresh, err := os.MkdirTemp(all, name+".")
	must(err)
	must(os.CopyFS(fresh, files))
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	defer cancel()
	install := exec.CommandContext(ctx, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	install.Dir = fresh
	if out, err := install.CombinedOutput(); err != nil {
		t.Fatalf("npm ci: %v\n%s", err, out)
	}
	if err := os.Rename(fresh, dir); err != nil { // another run was faster
		os.RemoveAll(fresh)
	}
	return dir
}
