package console_test

import (
	"context"
	"database/sql"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"

	"cloison"
	"cloison/access/approval"
	"cloison/access/directory"
	"cloison/access/lifecycle"
	"cloison/internal/demo/network"
	"cloison/internal/testkit"
	"cloison/internal/testkit/consolekit"
	"cloison/ledger/journal"
	"cloison/rules/limits"
	"cloison/store/postgres"
	"cloison/store/sqlite"
	"cloison/store/storetest"
	"cloison/wall/disclose"
)

// What a network of French size leaves in its store.
const (
	followed    = 1_600_000 // persons with an adviser
	disclosures = 300_000   // of the last thirty days
	month       = 30 * 24 * time.Hour
)

// onSQLite and onPostgres open an empty store, and a second way into it: a driver of database/sql with its address.
func onSQLite(b *testing.B) (db storetest.All, driver, address string) {
	path := filepath.Join(b.TempDir(), "cloison.db")
	return consolekit.Must[storetest.All](sqlite.Open(b.Context(), path, sqlite.Options{Migrate: true})), "sqlite",
		"file:" + path + "?_pragma=busy_timeout(60000)&_pragma=synchronous(OFF)&_pragma=cache_size(-200000)"
}

func onPostgres(b *testing.B) (db storetest.All, driver, address string) {
	server := &testkit.Postgres{}
	b.Cleanup(server.Stop)
	url := server.Database(b, func(context.Context, string) error { return nil })
	return consolekit.Must[storetest.All](postgres.Open(b.Context(), url, postgres.Options{Migrate: true})), "pgx", url
}

// busy fills a world's store, past its stages, with a month of a network of French size.
func busy(w *consolekit.World, driver, address string) {
	w.Helper()
	w.Must(w.DB.Maintain(w.Ctx, time.Now().Add(-month)))
	raw, err := sql.Open(driver, address)
	w.Must(err)
	defer raw.Close()
	raw.SetMaxOpenConns(1) // its temporary table is its own
	var readers int
	do := statements(w, raw, driver)
	do("CREATE TEMPORARY TABLE reader (n bigint PRIMARY KEY, id bigint NOT NULL, structure text NOT NULL)")
	do(fmt.Sprintf("INSERT INTO reader SELECT row_number() OVER (ORDER BY id) - 1, id, structure FROM account WHERE roles & %d <> 0", directory.Adviser))
	w.Must(raw.QueryRow("SELECT count(*) FROM reader").Scan(&readers))
	each := followed / readers
	do(fmt.Sprintf(`INSERT INTO assignment (account, person, means, since, until) SELECT r.id, CAST(10000000 + r.n * %d + n.i AS text), 'caseload',
		{ago 200000000}, {never} FROM reader r CROSS JOIN {to %d} n`, each, each))
	do(fmt.Sprintf(`INSERT INTO disclosure (seq, at, account, structure, tool, operation, person, fields, explanation, session, request, nonce {filed})
		SELECT 1 + n.i, {ago (%[1]d - n.i) * %[2]d + 3600000}, r.id, r.structure, 'dossiers', 'read', CAST(10000000 + r.n * %[3]d + n.i / %[4]d %% %[3]d AS text),
		3, 'caseload', 1, 'r', {zeros} {one} FROM {to %[1]d} n JOIN reader r ON r.n = (n.i * 7919) %% %[4]d`,
		disclosures, month.Milliseconds()/disclosures, each, readers))
	do(fmt.Sprintf("UPDATE gate SET next_seq = %d, last_at = {ago 3600000}, opened_at = {ago %d}", disclosures+1, month.Milliseconds()+3_600_000))
	for n := range 2 { // a passkey for everybody, a second one for four of five
		do(fmt.Sprintf(`INSERT INTO passkey (id, account, name, credential, counter, flags, cloned, made, made_in, last_used, revoked)
			SELECT CAST('%d.' || a.id AS {bytes}), a.id, 'Clé', '%s', 0, 29, {false}, {ago 86400000}, 0, {ago 3600000}, {never} FROM account a
			WHERE a.state = 1 AND (%[1]d = 0 OR a.id %% 5 <> 0)`, n, strings.Repeat("x", 600)))
	}
	do(`INSERT INTO event (seq, at, code, actor, account, session, act, detail) SELECT (SELECT coalesce(max(seq), 0) FROM event) + 1 + n.i,
		{ago (5000 - n.i) * 500000}, CASE n.i % 7 WHEN 0 THEN 'account.suspended' ELSE 'session.opened' END, r.id, r.id, 1, 0, '{}'
		FROM {to 5000} n JOIN reader r ON r.n = n.i`)
	do(`INSERT INTO alarm (at, account, lineage, structure, subject, level, statistic, persons, unexplained, request) SELECT {ago (200 - n.i) * 12000000},
		r.id, r.id, r.structure, 'a:x', CASE n.i % 3 WHEN 0 THEN 'hard' ELSE 'soft' END, 3.5, 40, 30, 'r' FROM {to 200} n JOIN reader r ON r.n = n.i * 7`)
	do(`INSERT INTO refusal (at, account, session, tool, operation, person, reason, request) SELECT {ago (5000 - n.i) * 500000}, r.id, 1, 'dossiers', 'read',
		'1', 'lineage_cap', 'r' FROM {to 5000} n JOIN reader r ON r.n = n.i`)
	do(`INSERT INTO cut (id, root, since, at, made_by, alarm, reason, fence, accounts, sessions, proposals, codes, undo_ask, undo_at, undone_by, undone)
		SELECT 1 + n.i, r.id, {ago (200 - n.i) * 12000000}, {ago (200 - n.i) * 12000000}, 0, 0, 'factor_lost', 1, 1, 1, 0, 0, 0, {never}, 0, {never}
		FROM {to 200} n JOIN reader r ON r.n = n.i * 7`)
	do(`INSERT INTO cut_account (cut, account, place, suspended, state, suspended_at, suspended_by, suspended_in, reason)
		SELECT 1 + n.i, r.id, 0, {true}, 1, {never}, 0, 0, '' FROM {to 200} n JOIN reader r ON r.n = n.i * 7`)
	do(`INSERT INTO letter (key, kind, weight, account, role, about, address, subject, body, state, made, due, tries, holder, until, settled, reply)
		SELECT CAST(n.i AS text), 'account.created', 1, r.id, 'director', r.id, 'x@exemple.example', 'Une habilitation a été créée', '', 'sent',
		{ago n.i * 100000}, {ago n.i * 100000}, 1, '', {never}, {ago n.i * 100000}, '250' FROM {to 9000} n JOIN reader r ON r.n = n.i`)
	if driver == "pgx" {
		do("UPDATE journal SET last = (SELECT max(seq) FROM event)")
		do("SELECT setval('alarm_id_seq', 1000)")
	}
	tallied(w, do)
	do("ANALYZE")
	proposed(w)
	reviewed(w)
}

// statements returns what runs SQL that both engines read the same once the words in braces are replaced.
func statements(w *consolekit.World, raw *sql.DB, driver string) func(string) {
	now := time.Now().UnixMilli()
	words := []string{"{never}", "0", "{zeros}", "zeroblob(16)", "{filed}", ", filed", "{one}", ", 1", "{true}", "1", "{false}", "0", "{bytes}", "blob", "{blob", "x'", "blob}", "'"}
	at := func(x string) string { return fmt.Sprintf("%d - (%s)", now, x) }
	series := func(x string) string {
		return "(WITH RECURSIVE s(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM s WHERE i + 1 < " + x + ") SELECT i FROM s)"
	}
	if driver == "pgx" {
		words = []string{"{never}", "CAST(NULL AS timestamptz)", "{zeros}", "decode(repeat('00', 16), 'hex')", "{filed}", "", "{one}", "", "{true}", "true", "{false}", "false", "{bytes}", "bytea", "{blob", `'\x`, "blob}", "'"}
		at = func(x string) string {
			return fmt.Sprintf("to_timestamp(%d) - (%s) * interval '1 millisecond'", now/1000, x)
		}
		series = func(x string) string { return "(SELECT generate_series(0, " + x + " - 1)::bigint AS i)" }
	}
	return func(query string) {
		w.Helper()
		query = strings.NewReplacer(words...).Replace(query)
		for _, f := range []struct {
			word string
			with func(string) string
		}{{"{ago ", at}, {"{to ", series}} {
			for {
				before, rest, found := strings.Cut(query, f.word)
				if !found {
					break
				}
				inner, after, _ := strings.Cut(rest, "}")
				query = before + f.with(inner) + after
			}
		}
		if _, err := raw.ExecContext(w.Ctx, query); err != nil {
			w.Fatalf("%v: %s", err, query[:min(len(query), 600)])
		}
	}
}

// tallied gives every account and lineage that has none a tally of today.
func tallied(w *consolekit.World, do func(string)) {
	w.Helper()
	members, err := w.DB.Members(w.Ctx, "")
	w.Must(err)
	tally := limits.Tally{Day: int32(time.Now().Unix() / 86400), Persons: 10, Unexplained: 2}
	text := hex.EncodeToString(consolekit.Must(tally.MarshalBinary()))
	var values []string
	for i, m := range members {
		for _, s := range []disclose.Counted{disclose.CountedAccount(m.ID), disclose.CountedLineage(m.ID)} {
			values = append(values, fmt.Sprintf("('%s', 1, {blob%sblob})", s, text))
		}
		if len(values) >= 1000 || i == len(members)-1 {
			do("INSERT INTO counter (subject, version, tally) VALUES " + strings.Join(values, ",") + " ON CONFLICT DO NOTHING")
			values = values[:0]
		}
	}
}

// proposed opens 300 proposals of the managers of all structures; one of them is a list of 200 newcomers.
func proposed(w *consolekit.World) {
	w.Helper()
	now := time.Now().UTC().Truncate(time.Millisecond)
	for i := range 300 {
		by := w.AccountOf(w.Agent(i, network.Manager, 0))
		p := approval.Proposal{ID: cloison.NewActID(), Kind: approval.NewAccount, Structure: by.Structure, Name: "Camille Exemple",
			Email: cloison.Personal(fmt.Sprintf("camille%d@exemple.example", i)), Roles: directory.Adviser, By: by.ID, Made: now, State: approval.Open, Version: 1}
		if i > 0 {
			w.Must(w.DB.AddProposal(w.Ctx, p, now.Add(-time.Hour), 1000, 1000))
			continue
		}
		p.Kind, p.Name, p.Email = approval.NewAccounts, "", ""
		for n := range 200 {
			p.List = append(p.List, approval.Colleague{Line: n + 1, Name: "Dominique Exemple", Email: cloison.Personal(fmt.Sprintf("dominique%d@exemple.example", n)),
				Roles: directory.Adviser})
		}
		w.Must(w.DB.AddList(w.Ctx, p, now.Add(-time.Hour), 1000, 1000, now))
	}
}

// reviewed opens a review in every structure.
func reviewed(w *consolekit.World) {
	w.Helper()
	all, err := w.DB.Structures(w.Ctx)
	w.Must(err)
	now := time.Now().UTC().Truncate(time.Millisecond)
	for _, s := range all {
		w.Must(w.DB.OpenReview(w.Ctx, lifecycle.Review{ID: cloison.NewActID(), Structure: s.ID, Opened: now, Due: now.AddDate(0, 0, 30)},
			journal.Event{At: now, Code: "review.opened"}))
	}
}

// seal follows the ledger to its end and stops.
func seal(w *consolekit.World) {
	w.Helper()
	ctx, stop := context.WithCancel(w.Ctx)
	ended := make(chan error, 1)
	go func() { ended <- w.Sealer.Run(ctx) }()
	defer stop()
	for {
		mark, err := w.DB.Sealed(w.Ctx)
		w.Must(err)
		if mark.Seq >= disclosures {
			break
		}
		select {
		case err := <-ended:
			w.Fatalf("sealing ended: %v", err)
		case <-time.After(100 * time.Millisecond):
		}
	}
	stop()
	<-ended
}
