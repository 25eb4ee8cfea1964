package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
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
func (db *DB) WriteParquet(ctx context.Context, r query.ExportRequest, path string) (n int64, err error) {
	cols, fill, err := rowColumns(r.Columns)
	if err != nil {
		return 0, err
	}
	err = intoParquet(ctx, path, func(ctx context.Context, p *pipe[query.Row]) error {
		defer fill.free()
		return p.copy(cols, fill.rows, func() (err error) {
			n, err = db.EachRow(ctx, r, p.put)
			return err
		})
	})
	return n, err
}

// intoParquet has write make the file at path: in a new folder beside it, which an
// empty database locked into that folder may write to. The case's own may not
// write files.
func intoParquet[R any](ctx context.Context, path string, write func(context.Context, *pipe[R]) error) (err error) {
	dir, err := os.MkdirTemp(filepath.Dir(path), ".spoor-*")
	if err != nil {
		if at := (*fs.PathError)(nil); errors.As(err, &at) {
			err = at.Err // the name of the temporary folder means nothing to anyone
		}
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if dir, err = filepath.Abs(dir); err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	p := &pipe[R]{ctx: ctx, stop: stop, path: path, dir: dir, rows: make(chan []R), done: make(chan struct{})}
	if err := write(ctx, p); err != nil {
		return err
	}
	if err := os.Chmod(p.file(), 0o600); err != nil {
		return err
	}
	return os.Rename(p.file(), path)
}

// parquetMemory is what the database that writes may use, in bytes.
const parquetMemory = 256 << 20

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

// A pipe hands rows to the thread of DuckDB that writes them to a file.
type pipe[R any] struct {
	ctx  context.Context
	stop context.CancelFunc
	path string // of the file to be
	dir  string
	rows chan []R
	done chan struct{} // the rows handed over last have been written
	now  []R
}

func (p *pipe[R]) file() string { return filepath.Join(p.dir, "rows.parquet") }

// copy writes what read puts into the pipe; fill writes rows into DuckDB's memory.
func (p *pipe[R]) copy(cols []duckdb.ColumnInfo, fill func(duckdb.DataChunk, []R) error, read func() error) error {
	done := make(chan error, 1)
	go func() {
		err := read()
		close(p.rows)
		done <- err
	}()
	pull := func(chunk duckdb.DataChunk) (int, error) { return p.pull(chunk, fill) }
	err := copyFeed(p.ctx, &feed{cols: cols, pull: pull}, p.dir, p.file())
	p.stop() // a writer that failed leaves the reader waiting
	if err != nil {
		err = fmt.Errorf("write %s: %w", p.path, classify(p.path, err))
	}
	if failed := <-done; failed != nil && (err == nil || !errors.Is(failed, context.Canceled)) {
		err = failed
	}
	return err
}

// rowColumns are the columns of a Parquet file of events, and what fills them.
func rowColumns(columns []string) ([]duckdb.ColumnInfo, *filler, error) {
	var cols []duckdb.ColumnInfo
	fill := &filler{}
	names := distinctNames(columns)
	for i, name := range columns {
		f, _, err := query.ColumnPath(name)
		if err != nil {
			return nil, nil, err
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
			return nil, nil, err
		}
		cols = append(cols, duckdb.ColumnInfo{Name: names[i], T: info})
		fill.puts = append(fill.puts, put)
	}
	return cols, fill, nil
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
func (p *pipe[R]) put(rows []R) error {
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
func (p *pipe[R]) pull(chunk duckdb.DataChunk, fill func(duckdb.DataChunk, []R) error) (int, error) {
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
	if err := fill(chunk, p.now[:n]); err != nil {
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
