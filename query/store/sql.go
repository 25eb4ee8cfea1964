package store

import (
	"context"
	"database/sql/driver"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/big"
	"strconv"
	"strings"
	"time"

	"github.com/duckdb/duckdb-go/v2"
)

// A Column is a column of an SQL answer.
type Column struct {
	Name string
	Type string // in DuckDB's words: VARCHAR, BIGINT, TIMESTAMP …
}

// ErrNotQuery says that SQL is something else than one query.
var ErrNotQuery = errors.New("only a single SELECT may be run")

// sqlPortion is how many rows of an answer are handed on at once.
const sqlPortion = 500

// A SyntaxError is a mistake in SQL and where it is.
type SyntaxError struct {
	Column int // in characters from 1; of the whole text, lines counted in
	Msg    string
}

func (e *SyntaxError) Error() string { return fmt.Sprintf("column %d: %s", e.Column, e.Msg) }

// SQL runs one query, as people write it. It can do nothing but read the case:
// the statement must be a SELECT (or EXPLAIN, DESCRIBE, SHOW), it runs in a
// read-only transaction, and the database as a whole has no access to files,
// network or extensions. head gets the columns, row each row: nil, bool, int64,
// uint64, float64, string, time.Time (UTC), or []any and map[string]any of
// these. No more than limit rows are worked out, 0 means all. Time is bounded by
// ctx, memory by Options.MemoryLimit: an answer that is larger is spilled to disk
// and read from there. A query about sessions works those out first. A mistake is a
// *SyntaxError where DuckDB says its place; ErrMemory is what doesn't fit even so.
func (db *DB) SQL(ctx context.Context, query string, limit int64, head func([]Column) error, row func([]any) error) error {
	type portion struct {
		cols []Column
		rows [][]any
	}
	if strings.Contains(strings.ToLower(query), "session") { // the tables behind that view are made on demand
		if err := db.Resolve(ctx, 0); err != nil {
			return err
		}
	}
	produce := func(ctx context.Context, c conn, emit func(portion) error) error {
		return c.readOnly(ctx, func() error {
			var p portion
			err := c.selects(ctx, query, limit, func(cols []Column) error {
				return emit(portion{cols: cols})
			}, func(v []any) error {
				if p.rows = append(p.rows, v); len(p.rows) < sqlPortion {
					return nil
				}
				full := p
				p.rows = nil
				return emit(full)
			})
			if err == nil {
				err = emit(p)
			}
			return err
		})
	}
	err := stream(ctx, db, produce, func(p portion) error {
		if p.cols != nil {
			return head(p.cols)
		}
		for _, v := range p.rows {
			if err := row(v); err != nil {
				return err
			}
		}
		return nil
	})
	if d := (*duckdb.Error)(nil); errors.As(err, &d) && d.Type == duckdb.ErrorTypeOutOfMemory {
		return ErrMemory // DuckDB's own words advise settings that nobody can make here
	}
	return err
}

// readOnly runs f in a transaction that can't write.
func (c conn) readOnly(ctx context.Context, f func() error) error {
	if err := c.begin(ctx, "BEGIN TRANSACTION READ ONLY"); err != nil {
		return err
	}
	err := f()
	_, end := c.exec(context.WithoutCancel(ctx), "ROLLBACK")
	return errors.Join(err, end)
}

// selects runs a statement that must be one query.
func (c conn) selects(ctx context.Context, query string, limit int64, head func([]Column) error, row func([]any) error) error {
	if err := c.guard(ctx, query); err != nil {
		return err
	}
	prepared, err := c.d.Prepare(query) // takes one statement; the one with a context would run all but the last
	var known *duckdb.Error
	if err != nil && !errors.As(err, &known) { // more than one statement, or none: the driver has no type for that
		return ErrNotQuery
	}
	if err != nil {
		return err
	}
	stmt := prepared.(*duckdb.Stmt)
	kind, err := stmt.StatementType()
	switch {
	case err != nil:
	case kind == duckdb.STATEMENT_TYPE_SELECT:
		err = c.spilled(ctx, query, limit, stmt, head, row)
	case kind == duckdb.STATEMENT_TYPE_EXPLAIN:
		err = direct(ctx, limit, stmt, head, row)
	default:
		err = ErrNotQuery
	}
	return errors.Join(err, stmt.Close())
}

// direct reads an answer that the driver holds as a whole.
func direct(ctx context.Context, limit int64, stmt *duckdb.Stmt, head func([]Column) error, row func([]any) error) error {
	rows, err := stmt.QueryContext(ctx, nil)
	if err != nil {
		return err
	}
	n := int64(0)
	err = eachValue(ctx, rows, head, func(v []any) error {
		if n++; limit > 0 && n > limit {
			return errFound
		}
		return row(v)
	})
	if errors.Is(err, errFound) {
		err = nil
	}
	return errors.Join(err, rows.Close())
}

// spillRows is how many rows of an answer are read back at once.
const spillRows = 1 << 15

// spilled lets DuckDB put the answer into a table of the connection, which goes
// to disk where memory is short, and reads that bit by bit. A read-only
// transaction allows such tables, and ends them.
func (c conn) spilled(ctx context.Context, query string, limit int64, stmt *duckdb.Stmt, head func([]Column) error, row func([]any) error) error {
	names, err := columnNames(stmt)
	if err != nil {
		return err
	}
	// The guard has seen that the text is one query: it ends before the bracket.
	text := "FROM (\n" + strings.TrimRight(query, "; \t\r\n") + "\n)"
	if limit > 0 {
		text += " LIMIT " + strconv.FormatInt(limit, 10)
	}
	_, err = c.exec(ctx, "CREATE TEMP TABLE spoor_answer AS "+text)
	var known *duckdb.Error
	if errors.As(err, &known) && known.Type == duckdb.ErrorTypeParser { // SHOW and the like are short
		return direct(ctx, limit, stmt, head, row)
	}
	if err != nil {
		return err
	}
	ends, err := c.int64s(ctx, "SELECT coalesce(min(rowid), 0), coalesce(max(rowid), -1) FROM spoor_answer")
	if err != nil {
		return err
	}
	once := func(cols []Column) error {
		for i := range cols {
			cols[i].Name = names[i]
		}
		return head(cols)
	}
	for from := ends[0]; ; from += spillRows {
		q := fmt.Sprintf("SELECT * FROM spoor_answer WHERE rowid BETWEEN %d AND %d ORDER BY rowid", from, from+spillRows-1)
		rows, err := c.d.QueryContext(ctx, q, nil)
		if err != nil {
			return err
		}
		if err := errors.Join(eachValue(ctx, rows, once, row), rows.Close()); err != nil {
			return err
		}
		once = func([]Column) error { return nil }
		if from+spillRows > ends[1] {
			return nil
		}
	}
}

func columnNames(stmt *duckdb.Stmt) ([]string, error) {
	n, err := stmt.ColumnCount()
	if err != nil {
		return nil, err
	}
	names := make([]string, n)
	for i := range names {
		if names[i], err = stmt.ColumnName(i); err != nil {
			return nil, err
		}
	}
	return names, nil
}

func eachValue(ctx context.Context, rows driver.Rows, head func([]Column) error, row func([]any) error) error {
	types, _ := rows.(driver.RowsColumnTypeDatabaseTypeName)
	cols := make([]Column, len(rows.Columns()))
	for i, name := range rows.Columns() {
		cols[i] = Column{name, types.ColumnTypeDatabaseTypeName(i)}
	}
	if err := head(cols); err != nil {
		return err
	}
	raw := make([]driver.Value, len(cols))
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		switch err := rows.Next(raw); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		v := make([]any, len(raw))
		for i := range raw {
			if v[i] = plainValue(raw[i]); cols[i].Type == "UUID" && raw[i] != nil {
				v[i] = uuidText(raw[i])
			}
		}
		if err := row(v); err != nil {
			return err
		}
	}
}

// plainValue brings what the driver returns to the few types that SQL promises.
func plainValue(v any) any {
	switch x := v.(type) {
	case nil, bool, int64, uint64, float64, string, time.Time:
		return x
	case int8, int16, int32, uint8, uint16, uint32:
		return number(x)
	case float32:
		return float64(x)
	case *big.Int:
		if x.IsInt64() {
			return x.Int64()
		}
		return x.String()
	case []byte:
		return hex.EncodeToString(x)
	case duckdb.Decimal:
		return x.Float64()
	case duckdb.Interval:
		return intervalText(x)
	case duckdb.Map:
		out := make(map[string]any)
		for k, e := range x {
			out[fmt.Sprint(k)] = plainValue(e)
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(x))
		for k, e := range x {
			out[k] = plainValue(e)
		}
		return out
	case []any:
		out := make([]any, len(x))
		for i, e := range x {
			out[i] = plainValue(e)
		}
		return out
	}
	return fmt.Sprint(v)
}

// uuidText spells a UUID, which the driver returns as 16 bytes.
func uuidText(v any) string {
	b, ok := v.([]byte)
	if !ok || len(b) != 16 {
		return fmt.Sprint(v)
	}
	return guidText(binary.BigEndian.Uint64(b), binary.BigEndian.Uint64(b[8:]))
}

// intervalText spells the difference of two times.
func intervalText(x duckdb.Interval) string {
	s := (time.Duration(x.Micros) * time.Microsecond).String()
	if x.Days != 0 {
		s = fmt.Sprintf("%d days %s", x.Days, s)
	}
	if x.Months != 0 {
		s = fmt.Sprintf("%d months %s", x.Months, s)
	}
	return s
}
