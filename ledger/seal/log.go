package seal

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/transparency-dev/tessera"
	"github.com/transparency-dev/tessera/storage/posix"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"cloison"
	"cloison/internal/durable"
	"cloison/ledger"
)

// never is longer than any log lives and still fits a time.Duration. Tessera publishes checkpoints and flushes batches
// by timers; the sealer does both itself. A batch that a timer flushes may overtake another one, which misplaces leaves
// for ever, and a clock set back delays checkpoints until it has caught up.
const never = 100 * 365 * 24 * time.Hour

const (
	checkpointFile = "checkpoint"
	lockFile       = "seal.lock"
	stateFile      = ".state/treeState" // of Tessera, which starts an empty log without it, and signs that
	housekeeping   = time.Minute        // how often Tessera removes outgrown partial tiles
)

// ledgerLog is the transparency log on disk, written by Tessera, while this process holds its lock. One goroutine uses
// it.
type ledgerLog struct {
	dir    string
	key    Key
	driver tessera.Driver
	reader tessera.LogReader
	edge   frontier // of what is integrated, published or not
	close  func() error
}

// openLog takes the log's lock and opens it, or creates it when it was never begun. A lock that another process has is
// cloison.Conflict; a log that was begun and has lost its state is cloison.Internal.
func openLog(ctx context.Context, dir string, key Key, begun bool) (_ *ledgerLog, err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, cloison.Errorf(cloison.Unavailable, "making the log's directory: %w", err)
	}
	unlock, err := durable.Lock(filepath.Join(dir, lockFile))
	if err != nil {
		return nil, err
	}
	// Tessera's background work, the removal of outgrown partial tiles, lives as long as the lock.
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	l := &ledgerLog{dir: dir, key: key, close: func() error { stop(); return unlock() }}
	defer func() {
		if err != nil {
			l.close()
		}
	}()
	begun = begun || exists(dir, checkpointFile) || exists(dir, "tile")
	if begun && !exists(dir, stateFile) {
		return nil, cloison.Errorf(cloison.Internal, "opening the log: %s is lost or has no %s; restore the log's directory", dir, stateFile)
	}
	if l.driver, err = posix.New(background, posix.Config{Path: dir}); err != nil {
		return nil, cloison.Errorf(cloison.Unavailable, "opening the log: %w", err)
	}
	opts := l.options(1).WithGarbageCollectionInterval(housekeeping)
	if _, _, l.reader, err = tessera.NewAppender(background, l.driver, opts); err != nil {
		return nil, cloison.Errorf(cloison.Unavailable, "opening the log: %w", err)
	}
	size, err := l.reader.IntegratedSize(ctx)
	if err != nil {
		return nil, cloison.Errorf(cloison.Internal, "opening the log: reading the state in %s: %w", dir, err)
	}
	l.edge, err = loadFrontier(ledger.HashReader(l.tiles(), int64(size)), int64(size))
	return l, err
}

func exists(dir, name string) bool {
	_, err := os.Stat(filepath.Join(dir, name))
	return !errors.Is(err, fs.ErrNotExist)
}

func (l *ledgerLog) options(batch int) *tessera.AppendOptions {
	return tessera.NewAppendOptions().WithCheckpointSigner(l.key.Signer).WithCheckpointInterval(never).
		WithCheckpointRepublishInterval(0).WithBatching(uint(batch), never).WithPushback(uint(batch) + 1).
		WithGarbageCollectionInterval(0)
}

func (l *ledgerLog) tiles() fs.FS { return os.DirFS(l.dir) }

// append integrates the leaves, in order, right after the last one, and returns when they are on disk. After an error
// the log may hold all of them or none: open it again to know. An index that is not the expected one is Internal.
//
// A batch has its own appender that flushes when it holds exactly these leaves, so that no timer takes part.
func (l *ledgerLog) append(ctx context.Context, leaves []ledger.Leaf) error {
	// Not cancelled with ctx: Tessera then drops the batch without an answer.
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	appender, _, _, err := tessera.NewAppender(ctx, l.driver, l.options(len(leaves)))
	if err != nil {
		return cloison.Errorf(cloison.Unavailable, "appending to the log: %w", err)
	}
	futures := make([]tessera.IndexFuture, len(leaves))
	for i := range leaves {
		futures[i] = appender.Add(ctx, tessera.NewEntry(leaves[i][:]))
	}
	var failed, misplaced error
	for i, future := range futures {
		got, err := future()
		want := uint64(l.edge.size) + uint64(i)
		switch {
		case err != nil:
			failed = cloison.Errorf(cloison.Unavailable, "appending to the log: %w", err)
		case got.Index != want || got.IsDup:
			misplaced = cloison.Errorf(cloison.Internal,
				"appending to the log: row %d is at index %d; log and ledger disagree, and nothing was signed", want+1, got.Index)
		}
	}
	if misplaced != nil || failed != nil {
		return errors.Join(misplaced, failed)
	}
	for _, leaf := range leaves {
		l.edge.add(leaf)
	}
	return nil
}

// publish signs the tree as the sealer computed it and replaces the log's checkpoint. It is durable on return.
func (l *ledgerLog) publish() ([]byte, error) {
	c := ledger.Checkpoint{Origin: l.key.Signer.Name(), Size: l.edge.size, Root: l.edge.root()}
	signed, err := note.Sign(&note.Note{Text: c.String()}, l.key.Signer)
	if err != nil {
		return nil, cloison.Errorf(cloison.Internal, "signing the checkpoint: %w", err)
	}
	if err := durable.WriteFile(filepath.Join(l.dir, checkpointFile), signed, 0o644); err != nil {
		return nil, cloison.Errorf(cloison.Unavailable, "publishing the checkpoint: %w", err)
	}
	return signed, nil
}

// agrees checks that the integrated leaves continue the signed checkpoint; name is for errors.
func (l *ledgerLog) agrees(signed []byte, name string) (ledger.Checkpoint, error) {
	key, err := l.key.Verifier()
	if err != nil {
		return ledger.Checkpoint{}, err
	}
	c, err := ledger.OpenCheckpoint(signed, key)
	if err != nil {
		return c, cloison.Errorf(cloison.Internal, "%s: %w", name, err)
	}
	if c.Size > l.edge.size {
		return c, cloison.Errorf(cloison.Internal, "%s covers %d rows, but the log in %s has %d; restore the log's directory",
			name, c.Size, l.dir, l.edge.size)
	}
	root, err := tlog.TreeHash(c.Size, ledger.HashReader(l.tiles(), l.edge.size))
	if err != nil {
		return c, err
	}
	if root != c.Root {
		return c, cloison.Errorf(cloison.Internal, "%s does not belong to the log in %s; verify the ledger", name, l.dir)
	}
	return c, nil
}
