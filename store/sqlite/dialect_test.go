package sqlite

import "testing"

// TestTranslate puts each word in which the engines differ into SQLite's.
func TestTranslate(t *testing.T) {
	for shared, want := range map[string]string{
		"SELECT 1 FROM t WHERE $1::bigint = 0 OR a = ''::text": "SELECT 1 FROM t WHERE $1 = 0 OR a = ''",
		"WHERE revoked IS NULL AND (seen IS NOT NULL)":         "WHERE revoked = 0 AND (seen <> 0)",
		"SELECT a FROM t WHERE id = $1 FOR NO KEY UPDATE":      "SELECT a FROM t WHERE id = $1",
		"(SELECT id FROM t LIMIT 1\n\tFOR UPDATE SKIP LOCKED)": "(SELECT id FROM t LIMIT 1)",
		"id = ANY($2) AND a = 1":                               "id IN (SELECT value FROM json_each($2)) AND a = 1",
		"AND lower(n.email) = lower($6))":                      "AND n.email = $6 COLLATE NOCASE)",
		"greatest(last_seen, $1)":                              "max(last_seen, $1)",
		"strpos(folded, $1) > 0":                               "instr(folded, $1) > 0",
		`ORDER BY folded COLLATE "C", id`:                      "ORDER BY folded, id",
		"DO UPDATE SET at = 1 WHERE a IS DISTINCT FROM b":      "DO UPDATE SET at = 1 WHERE a IS DISTINCT FROM b",
	} {
		if got := translate(shared); got != want {
			t.Errorf("%q becomes %q, want %q", shared, got, want)
		}
	}
}
