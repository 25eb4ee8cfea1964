package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"time"

	"github.com/duckdb/duckdb-go/v2"
)

// SQLParquet runs one query like SQL and writes its answer as a Parquet file,
// which appears under its name only when it is complete; it returns how many rows
// there were. Truth values, numbers, dates and times keep their type (whole
// numbers above 64 bits are decimals, times are in UTC); all else is text, lists and
// structs as JSON. A limit above 0 ends the answer early. progress is told how
// many rows have been written.
func (db *DB) SQLParquet(ctx context.Context, text, path string, limit int64, progress func(int64)) (n int64, err error) {
	head, failed := make(chan []Column, 1), make(chan error, 1)
	err = intoParquet(ctx, path, func(ctx context.Context, p *pipe[[]any]) error {
		go func() {
			failed <- db.sqlInto(ctx, text, limit, head, func(rows [][]any) error {
				err := p.put(rows)
				if err == nil {
					n += int64(len(rows))
					progress(n)
				}
				return err
			})
		}()
		select {
		case cols := <-head:
			infos, fill, err := answerColumns(cols)
			if err != nil {
				p.stop()
				return errors.Join(err, <-failed)
			}
			return p.copy(infos, fill, func() error { return <-failed })
		case err := <-failed:
			return err
		}
	})
	return n, err
}

// sqlInto tells the columns of an answer, and puts its rows, some hundred at a
// time.
func (db *DB) sqlInto(ctx context.Context, text string, limit int64, head chan<- []Column, put func([][]any) error) error {
	var rows [][]any
	err := db.SQL(ctx, text, limit, func(cols []Column) error { head <- cols; return nil }, func(v []any) error {
		if rows = append(rows, v); len(rows) < sqlPortion {
			return nil
		}
		err := put(rows)
		rows = nil
		return err
	})
	if err == nil && len(rows) > 0 {
		err = put(rows)
	}
	return err
}

// answerColumns are the columns of a Parquet file with an answer, and what fills
// them.
func answerColumns(cols []Column) ([]duckdb.ColumnInfo, func(duckdb.DataChunk, [][]any) error, error) {
	names := make([]string, len(cols))
	for i, c := range cols {
		names[i] = c.Name
	}
	infos, values := make([]duckdb.ColumnInfo, len(cols)), make([]func(any) any, len(cols))
	for i, name := range distinctNames(names) {
		info, value, err := parquetType(cols[i].Type)
		if err != nil {
			return nil, nil, err
		}
		infos[i], values[i] = duckdb.ColumnInfo{Name: name, T: info}, value
	}
	return infos, func(chunk duckdb.DataChunk, rows [][]any) error {
		for i, row := range rows {
			for k, v := range row {
				if v != nil {
					v = values[k](v)
				}
				if err := chunk.SetValue(k, i, v); err != nil {
					return fmt.Errorf("column %s: %w", infos[k].Name, err)
				}
			}
		}
		return nil
	}, nil
}

// parquetType is the type that a column of an answer has in Parquet, and what makes
// values of it from those that SQL promises.
func parquetType(name string) (duckdb.TypeInfo, func(any) any, error) {
	kind, value := duckdb.TYPE_VARCHAR, answerText
	same := func(v any) any { return v }
	switch base, _, _ := strings.Cut(name, "("); base {
	case "BOOLEAN":
		kind, value = duckdb.TYPE_BOOLEAN, same
	case "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER":
		kind, value = duckdb.TYPE_BIGINT, same
	case "UBIGINT":
		kind, value = duckdb.TYPE_UBIGINT, same
	case "FLOAT", "DOUBLE", "DECIMAL":
		kind, value = duckdb.TYPE_DOUBLE, same
	case "TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS", "TIMESTAMPTZ":
		kind, value = duckdb.TYPE_TIMESTAMP, same
	case "DATE":
		kind, value = duckdb.TYPE_DATE, same
	case "HUGEINT", "UHUGEINT": // a sum is one; DuckDB would write a float
		info, err := duckdb.NewDecimalInfo(wideDigits, 0)
		return info, wideNumber, err
	}
	if strings.HasSuffix(name, "]") { // a list of those
		kind, value = duckdb.TYPE_VARCHAR, answerText
	}
	info, err := duckdb.NewTypeInfo(kind)
	return info, value, err
}

// wideDigits is how many digits DuckDB's widest decimal has.
const wideDigits = 38

func wideNumber(v any) any {
	n, _ := new(big.Int).SetString(fmt.Sprint(v), 10)
	return n
}

// answerText is a value as CSV has it.
func answerText(v any) any {
	var s string
	switch x := v.(type) {
	case string:
		s = x
	case time.Time:
		s = x.Format(time.RFC3339Nano)
	case []any, map[string]any:
		b, err := json.Marshal(x)
		if s = string(b); err != nil { // a number that JSON has not
			s = fmt.Sprint(v)
		}
	default:
		s = fmt.Sprint(v)
	}
	return strings.ToValidUTF8(s, "\ufffd")
}
