package exposure

import (
	"context"

	"cloison/incident/accesslog"
)

// FromLogs draws the roll of the query's accounts from access logs. A file may be a name, a pattern of path/filepath,
// or - for the standard input; gzip and zstd are known by their first bytes. It uses all cores, and memory for the
// persons found (about 75 bytes each) but not for the size of the logs. Progress, when not nil, is called with how many
// bytes of how many were read.
//
// Errors are cloison.Invalid when the query, the map or a log is not what it should be, and cloison.NotFound when a
// file is not there. Lines that cannot be read are no error: the roll counts and shows them, and names them as gaps.
func FromLogs(ctx context.Context, files []string, m accesslog.Map, q Query, progress func(done, total int64)) (*Roll, error) {
	return fromLogs(ctx, accesslog.Request{Files: files, Map: m, Progress: progress}, q)
}

// fromLogs reads what the request names, for the query.
func fromLogs(ctx context.Context, request accesslog.Request, q Query) (*Roll, error) {
	accounts, err := q.check()
	if err != nil {
		return nil, err
	}
	request.Accounts, request.Since, request.Until = accounts, q.Since, q.Until
	table := newTable()
	read, err := accesslog.Read(ctx, request, func(person []byte, s accesslog.Sighting) {
		table.add(person, sighting{account: s.Account, fields: s.Fields, at: s.At, timed: s.Timed})
	})
	if err != nil {
		return nil, err
	}
	r := &Roll{table: table, accounts: accounts, fields: read.Fields,
		Lines: read.Lines, Unparsed: read.Unparsed, NoAccount: read.NoAccount, UnparsedShown: read.Shown}
	gap := Gap{Kind: UnparsedLines, From: q.Since.UTC(), To: q.Until.UTC()}
	for i, a := range accounts {
		if n := read.Mentioned[i]; n > 0 {
			gap.Account, gap.Lines = a, n
			r.Gaps = append(r.Gaps, gap)
		}
	}
	if n := read.Anonymous; n > 0 {
		gap.Account, gap.Lines = "", n
		r.Gaps = append(r.Gaps, gap)
	}
	for _, b := range read.Broken {
		r.Gaps = append(r.Gaps, Gap{Kind: CutShort, File: b.File, Reason: b.Reason})
	}
	r.count(q.Universe)
	return r, nil
}
