package ledger

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"time"
	"unicode/utf8"

	"golang.org/x/mod/sumdb/tlog"

	"cloison"
)

// Row is one disclosure: one person shown once to one account. It is written before the byte leaves and never changed.
//
// Rows are numbered as they commit: Seq starts at 1 and has no gaps, and the row Seq is the leaf of index Seq-1. Rows
// are dropped at the end of their retention, oldest first; their leaves stay and then say nothing.
type Row struct {
	Seq         int64               // 1, 2, 3…, given by the store in the transaction that commits the row
	At          time.Time           // when it was decided: UTC, whole milliseconds
	Account     cloison.AccountID   // who was shown the person
	Structure   cloison.StructureID // the account's structure at that moment
	Tool        string              // the business tool's name in the config
	Operation   string              // the route's operation, as read, list or reveal
	Person      cloison.PersonRef   // whose data, as the tool names them
	Fields      cloison.Fields      // which categories left, after masking
	Explanation string              // why they met: caseload, cover:n…, appointment:…, self:…, none
	Session     cloison.SessionID   // the session that asked
	Request     string              // the request's id, shared by all rows of one answer
	Nonce       [16]byte            // fresh from crypto/rand; the key of the leaf, kept and dropped with the row
}

// rowMagic opens every canonical row. It keeps rows apart from any other bytes under the same key and names the
// version.
const rowMagic = "cloison/row/v1\n"

// maxText bounds each text of a row in bytes, so that a reader can refuse a hostile length before it allocates.
const maxText = 1 << 10

// fixedLen is the length of what comes before the texts: magic, seq, at, account, fields and session.
const fixedLen = len(rowMagic) + 8 + 8 + 8 + 4 + 8

// AppendCanonical appends the canonical encoding of the row, without its nonce, to b. Two rows that differ in any field
// other than the nonce have different encodings. FORMAT.md, section 2, is the specification.
func (r *Row) AppendCanonical(b []byte) []byte {
	b = append(b, rowMagic...)
	b = binary.BigEndian.AppendUint64(b, uint64(r.Seq))
	b = binary.BigEndian.AppendUint64(b, uint64(r.At.UnixMilli()))
	b = binary.BigEndian.AppendUint64(b, uint64(r.Account))
	b = binary.BigEndian.AppendUint32(b, uint32(r.Fields))
	b = binary.BigEndian.AppendUint64(b, uint64(r.Session))
	for _, s := range r.texts() {
		b = binary.BigEndian.AppendUint32(b, uint32(len(s)))
		b = append(b, s...)
	}
	return b
}

// texts lists the row's texts in the order of the canonical encoding.
func (r *Row) texts() [6]string {
	return [6]string{string(r.Structure), r.Tool, r.Operation, string(r.Person), r.Explanation, r.Request}
}

// ParseRow reads what AppendCanonical wrote. It accepts exactly the encodings of rows that pass Check; the nonce is
// left zero. Any other input is cloison.Invalid.
func ParseRow(b []byte) (Row, error) {
	if len(b) < fixedLen || string(b[:len(rowMagic)]) != rowMagic {
		return Row{}, cloison.Errorf(cloison.Invalid, "not a row of this format: it must start with %q", rowMagic)
	}
	b = b[len(rowMagic):]
	r := Row{
		Seq:     int64(binary.BigEndian.Uint64(b)),
		At:      time.UnixMilli(int64(binary.BigEndian.Uint64(b[8:]))).UTC(),
		Account: cloison.AccountID(binary.BigEndian.Uint64(b[16:])),
		Fields:  cloison.Fields(binary.BigEndian.Uint32(b[24:])),
		Session: cloison.SessionID(binary.BigEndian.Uint64(b[28:])),
	}
	b = b[36:]
	var texts [6]string
	for i := range texts {
		if len(b) < 4 {
			return Row{}, cloison.Errorf(cloison.Invalid, "row %d is cut short", r.Seq)
		}
		n := binary.BigEndian.Uint32(b)
		if b = b[4:]; n > maxText || int(n) > len(b) {
			return Row{}, cloison.Errorf(cloison.Invalid, "row %d is cut short", r.Seq)
		}
		texts[i], b = string(b[:n]), b[n:]
	}
	if len(b) != 0 {
		return Row{}, cloison.Errorf(cloison.Invalid, "row %d is followed by %d bytes too many", r.Seq, len(b))
	}
	r.Structure, r.Tool, r.Operation = cloison.StructureID(texts[0]), texts[1], texts[2]
	r.Person, r.Explanation, r.Request = cloison.PersonRef(texts[3]), texts[4], texts[5]
	return r, r.Check()
}

// Check says whether the row is well formed: a positive Seq and account, a time of whole milliseconds, a usable person,
// texts in UTF-8 of at most 1024 bytes. Stages check a row before they store it; the verifier checks what a store
// returns.
func (r *Row) Check() error {
	switch {
	case r.Seq < 1:
		return cloison.Errorf(cloison.Invalid, "row %d: rows are numbered from 1", r.Seq)
	case r.Account <= 0 || r.Session < 0:
		return cloison.Errorf(cloison.Invalid, "row %d: no account, or a session below zero", r.Seq)
	case r.At.Nanosecond()%int(time.Millisecond) != 0:
		return cloison.Errorf(cloison.Invalid, "row %d: the time must be in whole milliseconds", r.Seq)
	case r.At.Year() < 2000 || r.At.Year() > 9999:
		return cloison.Errorf(cloison.Invalid, "row %d: the year %d is not one of ours", r.Seq, r.At.Year())
	}
	for _, s := range r.texts() {
		if len(s) > maxText || !utf8.ValidString(s) {
			return cloison.Errorf(cloison.Invalid, "row %d: a text is not UTF-8, or longer than %d bytes", r.Seq, maxText)
		}
	}
	if err := r.Person.Check(); err != nil {
		return cloison.Errorf(cloison.Invalid, "row %d: %w", r.Seq, err)
	}
	return nil
}

// Leaf is what the log holds of a row: a keyed commitment. It proves the row to a holder of row and nonce, and says
// nothing to anybody else, because the key is 16 random bytes that are dropped with the row.
type Leaf [sha256.Size]byte

// Leaf returns HMAC-SHA-256 (RFC 2104) with the nonce as key over the canonical row.
func (r *Row) Leaf() Leaf {
	mac := hmac.New(sha256.New, r.Nonce[:])
	mac.Write(r.AppendCanonical(make([]byte, 0, 512)))
	var leaf Leaf
	mac.Sum(leaf[:0])
	return leaf
}

// hash returns the leaf's hash in the tree, SHA-256(0x00 || leaf) (RFC 6962, section 2.1), as tlog.RecordHash does,
// which allocates.
func (l *Leaf) hash() tlog.Hash {
	var b [1 + len(l)]byte
	copy(b[1:], l[:])
	return sha256.Sum256(b[:])
}
