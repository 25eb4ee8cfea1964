package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/duckdb/duckdb-go/v2"

	"spoor/query"
)

// WriteParquet writes the rows of an export as a Parquet file and returns how
// many there were. Times are timestamps in UTC, byte counts whole numbers,
// readonly a truth value; all else is text. The file appears under its name only
// when it is complete.
//
// The case's own database may not write files, so an empty one does that locked
// into a new folder beside the file.
func (db *DB) WriteParquet(ctx context.Context, r query.ExportRequest, path string) (n int64, err error) {
	dir, err := os.MkdirTemp(filepath.Dir(path), ".spoor-*")
	if err != nil {
		return 0, fmt.Errorf("write %s: %w", path, err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if dir, err = filepath.Abs(dir); err != nil {
		return 0, err
	}
	file := filepath.Join(dir, "rows.parquet")
	if n, err = db.copyOut(ctx, r, dir, file); err != nil {
		return n, fmt.Errorf("write %s: %w", path, classify(path, err))
	}
	if err := os.Chmod(file, 0o600); err != nil {
		return n, err
	}
	return n, os.Rename(file, path)
}

// parquetMemory is what the database that writes may use, in bytes.
const parquetMemory = 256 << 20

// copyOut writes a Parquet file inside dir.
func (db *DB) copyOut(ctx context.Context, r query.ExportRequest, dir, file string) (int64, error) {
	out, err := connect("", "", dir, Options{MemoryLimit: parquetMemory, Threads: 2})
	if err != nil {
		return 0, err
	}
	defer out.Close()
	c, err := out.Conn(ctx)
	if err != nil {
		return 0, err
	}
	defer c.Close()
	feeds := newFeeds()
	if err := feeds.register(c); err != nil {
		return 0, err
	}
	ctx, stop := context.WithCancel(ctx)
	p, err := newRowPipe(ctx, r.Columns)
	if err != nil {
		stop()
		return 0, err
	}
	read := make(chan error, 1)
	var n int64
	go func() {
		var err error
		n, err = db.EachRow(ctx, r, p.put)
		close(p.rows)
		read <- err
	}()
	name, withdraw := feeds.offer(&feed{cols: p.cols, pull: p.pull})
	defer withdraw()
	err = raw(c, func(c conn) error {
		_, err := c.exec(ctx, "COPY (SELECT * FROM spoor_feed("+literal(name)+")) TO "+literal(file)+" (FORMAT parquet, COMPRESSION zstd)")
		return err
	})
	stop() // a writer that failed leaves the reader waiting
	if failed := <-read; failed != nil && (err == nil || !errors.Is(failed, context.Canceled)) {
		err = failed
	}
	return n, err
}

// A rowPipe hands rows from an export to the thread of DuckDB that writes them.
type rowPipe struct {
	ctx   context.Context
	cols  []duckdb.ColumnInfo
	types []duckdb.Type
	rows  chan []query.Row
	done  chan struct{} // the rows handed over last have been written
	now   []query.Row
}

func newRowPipe(ctx context.Context, columns []string) (*rowPipe, error) {
	p := &rowPipe{ctx: ctx, rows: make(chan []query.Row), done: make(chan struct{})}
	seen := make(map[string]bool)
	for _, name := range columns {
		f, _, err := query.ColumnPath(name)
		if err != nil {
			return nil, err
		}
		t := duckdb.TYPE_VARCHAR
		switch f.Name {
		case "time":
			t = duckdb.TYPE_TIMESTAMP
		case "bytesin", "bytesout":
			t = duckdb.TYPE_BIGINT
		case "readonly":
			t = duckdb.TYPE_BOOLEAN
		}
		info, err := duckdb.NewTypeInfo(t)
		if err != nil {
			return nil, err
		}
		for base, i := name, 2; seen[strings.ToLower(name)]; i++ { // readers of Parquet want different names
			name = fmt.Sprintf("%s_%d", base, i)
		}
		seen[strings.ToLower(name)] = true
		p.types = append(p.types, t)
		p.cols = append(p.cols, duckdb.ColumnInfo{Name: name, T: info})
	}
	return p, nil
}

// put hands over rows and waits until they have been written.
func (p *rowPipe) put(rows []query.Row) error {
	select {
	case p.rows <- rows:
	case <-p.ctx.Done():
		return p.ctx.Err()
	}
	select {
	case <-p.done:
		return nil
	case <-p.ctx.Done():
		return p.ctx.Err()
	}
}

// pull fills a chunk and returns the number of rows, 0 at the end.
func (p *rowPipe) pull(chunk duckdb.DataChunk) (int, error) {
	if len(p.now) == 0 {
		select {
		case rows, ok := <-p.rows:
			if !ok {
				return 0, nil
			}
			p.now = rows
		case <-p.ctx.Done():
			return 0, p.ctx.Err()
		}
	}
	n := min(len(p.now), duckdb.GetDataChunkCapacity())
	for i, r := range p.now[:n] {
		for k := range p.types {
			if err := p.set(chunk, k, i, &r); err != nil {
				return 0, err
			}
		}
	}
	if p.now = p.now[n:]; len(p.now) == 0 {
		select {
		case p.done <- struct{}{}:
		case <-p.ctx.Done():
			return 0, p.ctx.Err()
		}
	}
	return n, nil
}

// set writes one cell.
func (p *rowPipe) set(chunk duckdb.DataChunk, col, row int, r *query.Row) error {
	v := r.Values[col]
	if v.Null {
		return chunk.SetValue(col, row, nil)
	}
	switch p.types[col] {
	case duckdb.TYPE_TIMESTAMP:
		return duckdb.SetChunkValue(chunk, col, row, time.UnixMicro(r.Time).UTC())
	case duckdb.TYPE_BIGINT:
		n, err := strconv.ParseInt(v.Text, 10, 64)
		if err != nil {
			return err
		}
		return duckdb.SetChunkValue(chunk, col, row, n)
	case duckdb.TYPE_BOOLEAN:
		return duckdb.SetChunkValue(chunk, col, row, v.Text == "true")
	}
	return duckdb.SetChunkValue(chunk, col, row, strings.ToValidUTF8(v.Text, "\ufffd"))
}
