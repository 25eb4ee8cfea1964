package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"spoor/query"
	"spoor/query/store"
	"spoor/ui/queries"
)

// sqlTimeout bounds a query unless --timeout says otherwise.
const sqlTimeout = time.Minute

func sqlCommand(a *app) *cobra.Command {
	var timeout time.Duration
	cmd := &cobra.Command{
		Use:   "sql QUERY",
		Short: "read-only SQL on the case",
		Long: `Runs one SELECT (or DESCRIBE, SHOW, SUMMARIZE, EXPLAIN) in DuckDB's SQL and prints
the rows. It can read the case and nothing else: no files, no network, no changes.

Views, with names that stay as they are:
  events     one row an event; columns named as the fields (spoor fields), time in UTC
  changes    what mutating events did: resource, summary, severity
  resources  every resource an event touched, one row each
  sessions   sessions and where their credentials came from
  objects    log files: outcome, events, SHA-256
  verdicts, findings, checks   what spoor validate said
DESCRIBE events lists the columns. Absent values are NULL. A query about sessions
works all of them out first. Answers may be of any size. In Parquet lists and structs
are JSON texts, times are in UTC. Q on the screen asks in SQL too.

The DuckDB shell opens a case too, while no spoor does:
  duckdb -readonly NAME.spoor/case.duckdb`,
		Example: `  spoor sql "SELECT actor, count(*) AS n FROM events WHERE error IS NOT NULL GROUP BY ALL ORDER BY n DESC LIMIT 10"
  spoor sql 'DESCRIBE events'
  spoor sql --format csv -o hourly.csv "SELECT time_bucket(INTERVAL 1 hour, time) AS hour, count(*) FROM events GROUP BY 1 ORDER BY 1"`,
		GroupID: "ask",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 || strings.TrimSpace(strings.Join(args, "")) == "" {
				return usageError{fmt.Errorf("no QUERY given"), `try spoor sql "SELECT * FROM events LIMIT 5"`}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if timeout <= 0 {
				return usagef("--timeout: %s is not a time to wait", timeout)
			}
			db, err := a.readingCase(cmd.Context())
			if err != nil {
				return err
			}
			defer a.release(db)
			return a.runSQL(cmd.Context(), db, strings.Join(args, " "), timeout)
		},
	}
	cmd.Flags().DurationVar(&timeout, "timeout", sqlTimeout, "give up after this long")
	return cmd
}

func (a *app) runSQL(ctx context.Context, db *store.DB, text string, timeout time.Duration) error {
	start := a.now()
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	var rows int64
	progress, stop := a.showRows("rows")
	var err error
	switch print := func(w io.Writer) (err error) {
		rows, err = a.printSQL(ctx, db, text, w, progress)
		return err
	}; {
	case a.flags.count:
		err = print(io.Discard)
	case a.flags.format == "parquet":
		rows, err = db.SQLParquet(ctx, text, a.flags.output, a.flags.limit, progress)
	default:
		err = a.put(print)
	}
	stop()
	if err != nil {
		return sqlError(err, timeout)
	}
	if a.flags.count {
		a.timed(rows, start)
		return a.writeNumber(rows)
	}
	a.done(rows, "row", db, start)
	return nil
}

// printSQL writes an answer in the chosen format, row by row, and counts them;
// progress is told so.
func (a *app) printSQL(ctx context.Context, db *store.DB, text string, w io.Writer, progress func(int64)) (rows int64, err error) {
	out := a.sqlOutput(w)
	err = db.SQL(ctx, text, a.flags.limit, out.head, func(v []any) error {
		rows++
		progress(rows)
		return out.row(v)
	})
	if err != nil {
		return rows, err
	}
	return rows, out.end()
}

// sqlConsole is SQL for the screen. Its answers are cut off by the reader, not
// by the clock.
func (a *app) sqlConsole(db *store.DB) queries.SQL {
	return queries.SQL{
		Run: func(ctx context.Context, text string, limit int64, head func([]string) error, row func([]query.Value) error) error {
			return db.SQL(ctx, text, limit, func(cols []store.Column) error { return head(columnNames(cols)) }, func(v []any) error {
				return row(a.sqlCells(v))
			})
		},
		Write: func(ctx context.Context, text, path string, progress func(int64)) (rows int64, err error) {
			b := *a
			b.flags.output, b.flags.format, b.flags.limit = path, "", 0
			if err := b.settleFormat(); err != nil {
				return 0, err
			}
			if b.flags.format == "table" {
				return 0, errors.New("end the name in .csv, .ndjson, .json or .parquet")
			}
			if _, err := os.Stat(path); err == nil {
				return 0, fmt.Errorf("%s exists already", path)
			}
			if b.flags.format == "parquet" {
				return db.SQLParquet(ctx, text, path, 0, progress)
			}
			err = atomicFile(path, func(w io.Writer) (err error) {
				rows, err = b.printSQL(ctx, db, text, w, progress)
				return err
			})
			return rows, err
		},
	}
}

// sqlError says what is to be done about a query that failed.
func sqlError(err error, timeout time.Duration) error {
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return hinted{fmt.Errorf("the query took longer than %s", timeout), "--timeout 10m waits longer; a condition on time makes it quicker"}
	case errors.Is(err, store.ErrMemory):
		return hinted{err, "--memory-limit 2GB allows it more; a condition on time makes it need less"}
	case errors.As(err, new(*store.SyntaxError)):
		return usageError{err, "spoor sql 'SHOW TABLES' lists tables and views, spoor sql 'DESCRIBE events' columns"}
	case errors.Is(err, store.ErrNotQuery):
		return usageError{err, "spoor sql only reads: SELECT, WITH, VALUES, FROM, DESCRIBE, SHOW, SUMMARIZE or EXPLAIN"}
	case errors.Is(err, store.ErrNotAllowed):
		return usageError{err, "spoor sql reads the case and nothing else"}
	case errors.Is(err, context.Canceled), errors.Is(err, fs.ErrNotExist), errors.Is(err, fs.ErrPermission):
		return err
	}
	return hinted{err, "spoor sql 'SHOW TABLES' lists tables and views, spoor sql 'DESCRIBE events' columns"}
}

// A sqlOutput prints an answer.
type sqlOutput struct {
	head func([]store.Column) error
	row  func([]any) error
	end  func() error
}

func (a *app) sqlOutput(w io.Writer) sqlOutput {
	switch a.flags.format {
	case "json", "ndjson":
		return sqlJSON(a.newJSONStream(w))
	case "csv":
		var out *query.CSVWriter
		return sqlOutput{
			head: func(cols []store.Column) error { out = a.newCSV(w, columnNames(cols)...); return nil },
			row: func(v []any) error {
				return out.Write(a.sqlCells(v))
			},
			end: func() error { return out.Flush() },
		}
	}
	var out *table
	return sqlOutput{
		head: func(cols []store.Column) error { out = newTable(w, a.tableWidth(), columnNames(cols)...); return nil },
		row: func(v []any) error {
			cells := make([]string, len(v))
			for i := range v {
				cells[i] = a.sqlText(v[i])
			}
			return out.add(cells...)
		},
		end: func() error { return out.flush() },
	}
}

func columnNames(cols []store.Column) []string {
	names := make([]string, len(cols))
	for i, c := range cols {
		names[i] = c.Name
	}
	return names
}

func (a *app) sqlCells(v []any) []query.Value {
	cells := make([]query.Value, len(v))
	for i := range v {
		cells[i] = query.Value{Text: a.sqlText(v[i]), Null: v[i] == nil}
	}
	return cells
}

// sqlText is a value in a table or CSV; lists and structs are JSON.
func (a *app) sqlText(v any) string {
	switch x := v.(type) {
	case nil:
		return ""
	case string:
		return x
	case time.Time:
		return x.In(a.zone).Format(time.RFC3339Nano)
	case float64:
		return strconv.FormatFloat(x, 'g', -1, 64)
	case []any, map[string]any:
		if b, err := json.Marshal(x); err == nil {
			return string(b)
		}
	}
	return fmt.Sprint(v)
}

// sqlJSON prints one object a row, as an array or a line each. Of columns with
// the same name the last one stays, as JSON has it.
func sqlJSON(out *jsonStream) sqlOutput {
	var names []string
	return sqlOutput{
		head: func(cols []store.Column) error { names = columnNames(cols); return nil },
		row: func(v []any) error {
			line, err := jsonRow(names, v)
			if err != nil {
				return err
			}
			return out.write(line)
		},
		end: out.end,
	}
}

// jsonRow is a row as an object with its columns in order. What JSON has no
// number for (infinity, not a number) is null.
func jsonRow(names []string, v []any) (string, error) {
	var b strings.Builder
	for i, name := range names {
		sep := ","
		if i == 0 {
			sep = "{"
		}
		key, err := json.Marshal(name)
		if err != nil {
			return "", err
		}
		value, err := json.Marshal(v[i])
		var none *json.UnsupportedValueError
		if errors.As(err, &none) {
			value, err = []byte("null"), nil
		}
		if err != nil {
			return "", err
		}
		b.WriteString(sep + string(key) + ":" + string(value))
	}
	return b.String() + "}", nil
}
