package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

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
func (db *DB) copyOut(ctx context.Context, r query.ExportRequest, dir, file string) (n int64, err error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	p, err := newRowPipe(ctx, r.Columns)
	if err != nil {
		return 0, err
	}
	read := make(chan error, 1)
	go func() {
		var err error
		n, err = db.EachRow(ctx, r, p.put)
		close(p.rows)
		read <- err
	}()
	err = copyFeed(ctx, &feed{cols: p.cols, pull: p.pull}, dir, file)
	stop() // a writer that failed leaves the reader waiting
	if failed := <-read; failed != nil && (err == nil || !errors.Is(failed, context.Canceled)) {
		err = failed
	}
	p.fill.free()
	return n, err
}

// copyFeed writes a Parquet file inside dir.
func copyFeed(ctx context.Context, f *feed, dir, file string) error {
	// With a second thread, one of the two would ask all the while whether the other
	// is done: rows come from one place and are written in their order.
	out, err := connect("", "", dir, Options{MemoryLimit: parquetMemory, Threads: 1})
	if err != nil {
		return err
	}
	defer out.Close() // waits for whoever reads the feed
	c, err := out.Conn(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	feeds := newFeeds()
	if err := feeds.register(c); err != nil {
		return err
	}
	name, withdraw := feeds.offer(f)
	defer withdraw()
	return raw(c, func(c conn) error {
		_, err := c.exec(ctx, "COPY (SELECT * FROM spoor_feed("+literal(name)+")) TO "+literal(file)+" (FORMAT parquet, COMPRESSION zstd)")
		return err
	})
}

// A rowPipe hands rows from an export to the thread of DuckDB that writes them.
type rowPipe struct {
	ctx  context.Context
	cols []duckdb.ColumnInfo
	fill *filler
	rows chan []query.Row
	done chan struct{} // the rows handed over last have been written
	now  []query.Row
}

func newRowPipe(ctx context.Context, columns []string) (*rowPipe, error) {
	p := &rowPipe{ctx: ctx, fill: &filler{}, rows: make(chan []query.Row), done: make(chan struct{})}
	names := distinctNames(columns)
	for i, name := range columns {
		f, _, err := query.ColumnPath(name)
		if err != nil {
			return nil, err
		}
		kind, put := duckdb.TYPE_VARCHAR, (*filler).text
		switch f.Name {
		case "time":
			kind, put = duckdb.TYPE_TIMESTAMP, (*filler).time
		case "bytesin", "bytesout":
			kind, put = duckdb.TYPE_BIGINT, (*filler).number
		case "readonly":
			kind, put = duckdb.TYPE_BOOLEAN, (*filler).truth
		}
		info, err := duckdb.NewTypeInfo(kind)
		if err != nil {
			return nil, err
		}
		p.cols = append(p.cols, duckdb.ColumnInfo{Name: names[i], T: info})
		p.fill.puts = append(p.fill.puts, put)
	}
	return p, nil
}

// distinctNames numbers columns of the same name: readers of Parquet want
// different ones.
func distinctNames(columns []string) []string {
	names := slices.Clone(columns)
	seen := make(map[string]bool)
	for k, base := range columns {
		for i := 2; seen[strings.ToLower(names[k])]; i++ {
			names[k] = fmt.Sprintf("%s_%d", base, i)
		}
		seen[strings.ToLower(names[k])] = true
	}
	return names
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

// pull fills a chunk and returns the number of rows, 0 at the end. DuckDB takes
// over a chunk before it asks for the next, so rows are given back then.
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
	if err := p.fill.rows(chunk, p.now[:n]); err != nil {
		return 0, err
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
