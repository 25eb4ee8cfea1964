package store

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"spoor/query"
)

// exportName is the folder inside a case that DuckDB may write exports to.
const exportName = "export"

// Parquet writes the events under a filter, in order, to a Parquet file: the
// columns of the view events, or those of them that are named. The file appears
// whole or not at all; one of that name is replaced. It returns how many events
// it holds. A free text is searched to its end first.
func (db *DB) Parquet(ctx context.Context, f query.Filter, order query.Order, columns []string, path string) (int64, error) {
	cd, err := db.compile(ctx, f)
	if err != nil {
		return 0, err
	}
	h, err := db.hits(ctx, cd, order == query.Newest)
	for err == nil && !h.complete {
		h.release()
		h, err = db.hits(ctx, cd, order == query.Newest)
	}
	if err != nil {
		return 0, err
	}
	defer h.release()
	dir, err := db.exportDir()
	if err != nil {
		return 0, err
	}
	tmp := filepath.Join(dir, rand.Text()+".parquet")
	defer os.Remove(tmp)
	n, err := ask(ctx, db, func(ctx context.Context, c conn) (int64, error) { return c.copyTo(ctx, h.where, order, columns, tmp) })
	if err != nil {
		return 0, fmt.Errorf("write parquet: %w", err)
	}
	return n, move(tmp, path)
}

// copyTo lets DuckDB write a file.
func (c conn) copyTo(ctx context.Context, where expr, order query.Order, columns []string, path string) (int64, error) {
	cols := "v.*"
	if len(columns) > 0 {
		quoted := make([]string, len(columns))
		for i, name := range columns {
			quoted[i] = `v."` + strings.ReplaceAll(name, `"`, `""`) + `"`
		}
		cols = strings.Join(quoted, ", ")
	}
	dir := "ASC"
	if order == query.Newest {
		dir = "DESC"
	}
	q := fmt.Sprintf("COPY (SELECT %s FROM events AS v JOIN event_rows AS e USING (seq) WHERE %s ORDER BY e.t %s NULLS LAST, e.seq %s) TO %s (FORMAT parquet, COMPRESSION zstd)",
		cols, where.sql, dir, dir, literal(path))
	return c.exec(ctx, q, where.args...)
}

// exportDir is where DuckDB may write: inside the case, or a temporary folder.
func (db *DB) exportDir() (string, error) {
	return db.exports, os.MkdirAll(db.exports, 0o700)
}

// move renames a file, or copies it where that crosses file systems; either way
// it appears whole.
func move(from, to string) error {
	if os.Rename(from, to) == nil {
		return nil
	}
	src, err := os.Open(from)
	if err != nil {
		return err
	}
	defer src.Close()
	dst, err := os.CreateTemp(filepath.Dir(to), filepath.Base(to)+".*.part")
	if err != nil {
		return err
	}
	_, err = io.Copy(dst, src)
	if err == nil {
		err = dst.Chmod(0o644)
	}
	if err = errors.Join(err, dst.Close()); err == nil {
		err = os.Rename(dst.Name(), to)
	}
	if err != nil {
		return errors.Join(err, os.Remove(dst.Name()))
	}
	return nil
}
