package ledger_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"cloison"
	"cloison/ledger"
)

// vectorRows is how many rows the log of testdata has: one full tile and a partial one.
const vectorRows = 260

// vector is one line of testdata/rows.jsonl. Numbers that JSON readers may round are texts.
type vector struct {
	Seq         int64  `json:"seq"`
	At          string `json:"at"`
	Account     int64  `json:"account,string"`
	Structure   string `json:"structure"`
	Tool        string `json:"tool"`
	Operation   string `json:"operation"`
	Person      string `json:"person"`
	Fields      uint32 `json:"fields"`
	Explanation string `json:"explanation"`
	Session     int64  `json:"session,string"`
	Request     string `json:"request"`
	Nonce       string `json:"nonce"`     // hex
	Canonical   string `json:"canonical"` // hex
	Leaf        string `json:"leaf"`      // hex
	LeafHash    string `json:"leaf_hash"` // hex
}

func vectorOf(r ledger.Row) vector {
	leaf := r.Leaf()
	hash := tlog.RecordHash(leaf[:])
	return vector{r.Seq, r.At.Format("2006-01-02T15:04:05.000Z"), int64(r.Account), string(r.Structure), r.Tool, r.Operation,
		string(r.Person), uint32(r.Fields), r.Explanation, int64(r.Session), r.Request, hex.EncodeToString(r.Nonce[:]),
		hex.EncodeToString(r.AppendCanonical(nil)), hex.EncodeToString(leaf[:]), hex.EncodeToString(hash[:])}
}

func (v vector) row(tb failer) ledger.Row {
	at, err := time.Parse(time.RFC3339Nano, v.At)
	if err != nil {
		tb.Fatal(err)
	}
	r := ledger.Row{Seq: v.Seq, At: at, Account: cloison.AccountID(v.Account), Structure: cloison.StructureID(v.Structure),
		Tool: v.Tool, Operation: v.Operation, Person: cloison.PersonRef(v.Person), Fields: cloison.Fields(v.Fields),
		Explanation: v.Explanation, Session: cloison.SessionID(v.Session), Request: v.Request}
	if n, err := hex.Decode(r.Nonce[:], []byte(v.Nonce)); err != nil || n != len(r.Nonce) {
		tb.Fatal("nonce", v.Nonce, err)
	}
	return r
}

// wantVectors makes the files of testdata anew. The first rows are odd on purpose: empty texts, bits unknown, two-byte
// letters, extreme numbers.
func wantVectors(tb failer) map[string][]byte {
	rows := sampleRows(7, vectorRows)
	rows[0].Structure, rows[0].Tool, rows[0].Operation, rows[0].Explanation, rows[0].Request = "", "", "", "", ""
	rows[0].Session, rows[0].Nonce = 0, [16]byte{}
	rows[1].Person, rows[1].Structure, rows[1].Fields = "Zoé", "Île-de-France", 1<<32-1
	rows[2].Account, rows[2].Session, rows[2].At = 1<<60-1, 1<<60-1, time.UnixMilli(253_402_300_799_999).UTC()
	s := newSample(tb, rows)
	files := map[string][]byte{"public.key": []byte(testPublic + "\n")}
	for name, f := range s.tiles {
		files["log/"+name] = f.Data
	}
	var lines bytes.Buffer
	for _, r := range rows {
		line, err := json.Marshal(vectorOf(r))
		if err != nil {
			tb.Fatal(err)
		}
		lines.Write(append(line, '\n'))
	}
	files["rows.jsonl"] = lines.Bytes()

	proof := func(i int) ledger.Proof {
		p, err := ledger.Prove(s.tiles, s.signed, s.key, rows[i])
		if err != nil {
			tb.Fatal(err)
		}
		return p
	}
	good := proof(99)
	files["proofs/good-row-100.tlog-proof"] = good.Marshal()
	files["proofs/good-first-row.tlog-proof"] = proof(0).Marshal()
	files["proofs/good-last-row.tlog-proof"] = proof(vectorRows - 1).Marshal()
	bad := func(name string, change func(*ledger.Proof)) {
		p := proof(99)
		change(&p)
		files["proofs/bad-"+name+".tlog-proof"] = p.Marshal()
	}
	bad("fields", func(p *ledger.Proof) { p.Row.Fields ^= cloison.NIR })
	bad("nonce", func(p *ledger.Proof) { p.Row.Nonce[0] ^= 1 })
	bad("other-row", func(p *ledger.Proof) { p.Row = rows[100] })
	bad("path", func(p *ledger.Proof) { p.Path[2][5] ^= 1 })
	bad("path-short", func(p *ledger.Proof) { p.Path = p.Path[:len(p.Path)-1] })
	bad("checkpoint-size", func(p *ledger.Proof) {
		p.Checkpoint = bytes.Replace(p.Checkpoint, []byte("\n260\n"), []byte("\n261\n"), 1)
	})
	bad("not-signed", func(p *ledger.Proof) { p.Checkpoint, _, _ = bytes.Cut(p.Checkpoint, []byte("—")) })
	files["proofs/bad-index.tlog-proof"] = bytes.Replace(good.Marshal(), []byte("index 99\n"), []byte("index 98\n"), 1)
	files["proofs/bad-version.tlog-proof"] = bytes.Replace(good.Marshal(), []byte("@v1"), []byte("@v2"), 1)
	return files
}

// The files of testdata are what this code makes, so that a change of the format cannot go unnoticed. After a change on
// purpose, run the test with UPDATE_VECTORS=1.
func TestVectorsAreStable(t *testing.T) {
	want := wantVectors(t)
	if os.Getenv("UPDATE_VECTORS") != "" {
		for name, data := range want {
			file := filepath.Join("testdata", name)
			if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, data, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	got := map[string]bool{}
	err := fs.WalkDir(os.DirFS("testdata"), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasPrefix(name, "fuzz/") || name == "README.md" {
			return err
		}
		got[name] = true
		data, err := os.ReadFile(filepath.Join("testdata", name))
		if !bytes.Equal(data, want[name]) {
			t.Errorf("testdata/%s is not what the code makes", name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if !got[name] {
			t.Errorf("testdata/%s is missing", name)
		}
	}
}

// What a reader elsewhere does with the vectors, by the public API and the standard library alone.
func TestVectorsVerify(t *testing.T) {
	public, err := os.ReadFile("testdata/public.key")
	if err != nil {
		t.Fatal(err)
	}
	key, err := ledger.NewVerifier(public)
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile("testdata/rows.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	var rows []ledger.Row
	for line := range bytes.Lines(data) {
		var v vector
		if err := json.Unmarshal(line, &v); err != nil {
			t.Fatal(err)
		}
		row := v.row(t)
		if got := vectorOf(row); got != v {
			t.Errorf("row %d: got %+v, want %+v", v.Seq, got, v)
		}
		canonical, _ := hex.DecodeString(v.Canonical)
		mac := hmac.New(sha256.New, row.Nonce[:])
		mac.Write(canonical)
		if got := hex.EncodeToString(mac.Sum(nil)); got != v.Leaf {
			t.Errorf("row %d: by crypto/hmac the leaf is %s, want %s", v.Seq, got, v.Leaf)
		}
		back, err := ledger.ParseRow(canonical)
		if back.Nonce = row.Nonce; err != nil || back != row {
			t.Errorf("row %d reads back as %+v, %v", v.Seq, back, err)
		}
		rows = append(rows, row)
	}
	v, err := ledger.VerifyLog(context.Background(), ledger.Log{Rows: stream(rows), Tiles: os.DirFS("testdata/log"), Key: key})
	if err != nil || !v.OK() || v.Sealed != vectorRows || v.Rows != vectorRows {
		t.Errorf("the log of testdata: %+v, %v", v, err)
	}
	proofs, err := filepath.Glob("testdata/proofs/*.tlog-proof")
	if err != nil || len(proofs) == 0 {
		t.Fatal("no proofs", err)
	}
	for _, file := range proofs {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		p, err := ledger.ParseProof(data)
		if err == nil {
			_, err = p.Verify(key)
		}
		if good := strings.HasPrefix(filepath.Base(file), "good-"); good != (err == nil) {
			t.Errorf("%s: %v", file, err)
		} else if !good && cloison.KindOf(err) != cloison.Invalid {
			t.Errorf("%s: %v is of kind %v, want invalid", file, err, cloison.KindOf(err))
		}
	}
}
