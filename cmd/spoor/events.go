package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"spoor/loader/cloudtrail"
	"spoor/query"
	"spoor/query/store"
)

// Columns of a table on a terminal, and of a CSV, unless --columns names others.
var (
	tableColumns = []string{"time", "actor", "event", "service", "region", "ip", "outcome", "resource"}
	csvColumns   = []string{"time", "account", "region", "actor", "type", "principal", "key", "role", "sessionname", "service", "event", "readonly", "outcome",
		"error", "message", "resourcetype", "resource", "ip", "agent", "category", "eventtype", "mfa", "bytesin", "bytesout", "session", "root", "verdict", "id", "object", "mark", "note", "tag"}
)

// screenfulOfRows is where a table on a terminal stops when no --limit is given.
const screenfulOfRows = 200

func eventsCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "events [FILTER]",
		Short: "print events",
		Long: `Prints the events that match FILTER. As ndjson and json each record is exactly as
it was logged; csv and table print columns. spoor help filter explains filters.`,
		Example: `  spoor events 'actor:alice error:*'
  spoor events --format csv -o denied.csv error:AccessDenied last:24h
  spoor events --columns time,actor,event,requestParameters.bucketName service:s3
  spoor events --count 'ip:203.0.113.0/24 readonly:false'
  spoor events -o evidence.json 'key:AKIAIOSFODNN7EXAMPLE'
  spoor events -o all.parquet`,
		GroupID: "ask",
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkColumns(a.flags.columns); err != nil {
				return err
			}
			return a.ofEvents(cmd.Context(), args, func(db *store.DB, f query.Filter) error {
				return a.printEvents(cmd.Context(), db, f)
			})
		},
	}
}

// ofEvents prints what a command tells of the events that match its operands, or
// with --count how many they are.
func (a *app) ofEvents(ctx context.Context, args []string, print func(*store.DB, query.Filter) error) error {
	f, err := a.narrowed(args)
	if err != nil {
		return err
	}
	db, err := a.readingCase(ctx)
	if err != nil {
		return err
	}
	defer a.release(db)
	a.sayUnready(ctx, db, f)
	if a.flags.count {
		return a.printCount(ctx, db, f)
	}
	return print(db, f)
}

// filter reads the operands as one filter. Of words that were likely meant to join
// others it says what they are.
func (a *app) filter(args []string) (query.Filter, error) {
	f, err := query.Parse(strings.Join(args, " "))
	for _, c := range f.Chips() {
		switch strings.ToLower(c.Text) {
		case "or", "and", "not":
			fmt.Fprintf(a.errw, "%s is searched for as a word; in capitals it joins terms\n", c.Text)
		}
	}
	return f, err
}

// narrowed is filter for a command that shows events: --since, --until, --account
// and --region hold for what it shows, too, as the case may hold more from an
// earlier load. What a record does not tell does not count against it.
func (a *app) narrowed(args []string) (query.Filter, error) {
	f, err := a.filter(args)
	if err != nil {
		return f, err
	}
	s, err := a.scope()
	if err != nil {
		return f, err
	}
	timeless, err := query.Is("time", query.Value{Null: true})
	accounts, wrong := amongOrAbsent("account", s.Accounts)
	regions, bad := amongOrAbsent("region", s.Regions)
	within := query.Within(micros(s.Since), micros(s.Until)).Or(timeless)
	return f.And(within).And(accounts).And(regions), errors.Join(err, wrong, bad)
}

// micros is an end of a stretch of time, open when it is zero.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return cloudtrail.NoTime
	}
	return t.UnixMicro()
}

// amongOrAbsent holds for the events that have one of the values or none.
func amongOrAbsent(field string, list []string) (query.Filter, error) {
	if len(list) == 0 {
		return query.Filter{}, nil
	}
	any, err := query.Is(field, query.Value{Null: true})
	for _, v := range list {
		is, wrong := query.Is(field, query.Value{Text: v})
		any, err = any.Or(is), errors.Join(err, wrong)
	}
	return any, err
}

func (a *app) order() query.Order {
	if a.flags.order == "oldest" {
		return query.Oldest
	}
	return query.Newest
}

func (a *app) printCount(ctx context.Context, db *store.DB, f query.Filter) error {
	start := a.now()
	n, err := settle(ctx, db, f)
	if err != nil {
		return err
	}
	a.timed(1, start)
	return a.writeNumber(n.N)
}

func (a *app) printEvents(ctx context.Context, db *store.DB, f query.Filter) error {
	start := a.now()
	req := query.ExportRequest{Filter: f, Order: a.order(), Limit: a.flags.limit, Columns: a.flags.columns}
	progress, stop := a.showRows("events")
	req.Progress = progress
	rows, err := a.writeEvents(ctx, db, req)
	stop()
	if err == nil {
		a.done(rows, "event", db, start)
	}
	return err
}

func (a *app) writeEvents(ctx context.Context, db *store.DB, req query.ExportRequest) (rows int64, err error) {
	if a.flags.format == "parquet" {
		return writeParquet(ctx, db, req, a.flags.output)
	}
	err = a.put(func(w io.Writer) (err error) {
		rows, err = a.export(ctx, db, req, w)
		return err
	})
	return rows, err
}

// export writes the rows of req in the chosen format and counts them.
func (a *app) export(ctx context.Context, db *store.DB, req query.ExportRequest, w io.Writer) (int64, error) {
	switch a.flags.format {
	case "json":
		return exportJSON(ctx, db, req, w)
	case "ndjson":
		return exportLines(ctx, db, req, w)
	case "csv":
		return a.exportCSV(ctx, db, req, w)
	}
	return a.exportTable(ctx, db, req, w)
}

// writeParquet writes a file; Parquet is not for streams.
func writeParquet(ctx context.Context, db *store.DB, req query.ExportRequest, path string) (int64, error) {
	if len(req.Columns) == 0 {
		req.Columns = csvColumns
	}
	return db.WriteParquet(ctx, req, path)
}

func (a *app) exportCSV(ctx context.Context, db *store.DB, req query.ExportRequest, w io.Writer) (int64, error) {
	if len(req.Columns) == 0 {
		req.Columns = csvColumns
	}
	if _, err := w.Write(query.NewCSV(a.flags.rawValues).AppendHeader(nil, req.Columns)); err != nil {
		return 0, err
	}
	encode := func() store.Encode {
		rows := query.NewCSV(a.flags.rawValues)
		return func(b []byte, list []query.Row) ([]byte, error) {
			for _, r := range list {
				b = rows.AppendRow(b, a.inZone(req.Columns, r.Values))
			}
			return b, nil
		}
	}
	return db.EachText(ctx, req, encode, func(b []byte) error {
		_, err := w.Write(b)
		return err
	})
}

// exportLines writes one record a line; white space outside strings is folded
// where a record was logged over several lines.
func exportLines(ctx context.Context, db *store.DB, req query.ExportRequest, w io.Writer) (int64, error) {
	return db.EachRecord(ctx, req, func(record string) error {
		// Looked for together, the two would be looked for byte by byte.
		if strings.IndexByte(record, '\n') >= 0 || strings.IndexByte(record, '\r') >= 0 {
			var line bytes.Buffer
			if err := json.Compact(&line, []byte(record)); err != nil {
				return fmt.Errorf("fold record: %w", err)
			}
			record = line.String()
		}
		if _, err := io.WriteString(w, record); err != nil {
			return err
		}
		_, err := io.WriteString(w, "\n")
		return err
	})
}

func exportJSON(ctx context.Context, db *store.DB, req query.ExportRequest, w io.Writer) (int64, error) {
	sep := `{"Records":[`
	n, err := db.EachRecord(ctx, req, func(record string) error {
		_, err := io.WriteString(w, sep+record)
		sep = ",\n"
		return err
	})
	if err != nil {
		return n, err
	}
	if n == 0 {
		_, err = io.WriteString(w, sep)
	}
	if err == nil {
		_, err = io.WriteString(w, "]}\n")
	}
	return n, err
}

func (a *app) exportTable(ctx context.Context, db *store.DB, req query.ExportRequest, w io.Writer) (int64, error) {
	if len(req.Columns) == 0 {
		req.Columns = tableColumns
	}
	width := a.tableWidth()
	if width > 0 && req.Limit == 0 {
		req.Limit = screenfulOfRows
	}
	t := newTable(w, width, req.Columns...)
	n, err := db.EachRow(ctx, req, func(rows []query.Row) error {
		for _, r := range rows {
			cells := make([]string, len(r.Values))
			for i, v := range a.inZone(req.Columns, r.Values) {
				cells[i] = a.named(req.Columns[i], v.Text)
			}
			if err := t.add(cells...); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return n, err
	}
	if err := t.flush(); err != nil {
		return n, err
	}
	if width > 0 && a.flags.limit == 0 && n == screenfulOfRows {
		if total, err := db.Count(ctx, req.Filter); err == nil && total.N > n {
			fmt.Fprintf(a.errw, "the first %d of %s events; --limit N or -o FILE gives more\n", n, number(total.N))
		}
	}
	return n, nil
}

// inZone writes the times of a row in the zone of --tz.
func (a *app) inZone(columns []string, values []query.Value) []query.Value {
	if a.zone == time.UTC {
		return values
	}
	for i, c := range columns {
		if t, err := time.Parse(time.RFC3339Nano, values[i].Text); err == nil && c == "time" {
			values[i].Text = t.In(a.zone).Format(time.RFC3339Nano)
		}
	}
	return values
}

// named is a value of a field as a person reads it: an account with its name.
func (a *app) named(field, value string) string {
	if f, ok := query.Lookup(field); ok && (f.Name == "account" || f.Name == "caller") {
		return a.accounts.Full(value)
	}
	return value
}

// checkColumns refuses columns that are neither a field nor a path.
func checkColumns(columns []string) error {
	for _, c := range columns {
		if err := checkColumn("--columns", c); err != nil {
			return err
		}
	}
	return nil
}

func checkColumn(flag, name string) error {
	if _, _, err := query.ColumnPath(name); err != nil {
		if e := (*query.ParseError)(nil); errors.As(err, &e) {
			short := *e // what else could stand here is said of filters
			short.Want = ""
			err = errors.New(short.Short())
		}
		return usageError{fmt.Errorf("%s: %w", flag, err), "spoor fields lists the fields; any dotted path into the record works too"}
	}
	return nil
}
