package store

import (
	"crypto/rand"
	"database/sql"
	"fmt"
	"sync"

	"github.com/duckdb/duckdb-go/v2"
)

// A feed hands rows of this program to DuckDB as a table function, a chunk of
// 2,048 rows at a time: as a part of any statement, and interruptible.
//
//	SELECT … FROM event_rows WHERE seq IN (SELECT seq FROM spoor_feed('name'))
//
// The names are secret, so that SQL typed by people can't drain one.
type feeds struct {
	mu     sync.Mutex
	secret string
	n      int
	open   map[string]*feed
}

type feed struct {
	cols []duckdb.ColumnInfo
	rows int
	at   int
	fill func(chunk duckdb.DataChunk, row, i int) error
	pull func(chunk duckdb.DataChunk) (int, error) // instead, where the number of rows is not known
}

func (f *feed) ColumnInfos() []duckdb.ColumnInfo { return f.cols }
func (f *feed) Init()                            {}
func (f *feed) Cardinality() *duckdb.CardinalityInfo {
	return &duckdb.CardinalityInfo{Cardinality: uint(f.rows), Exact: f.pull == nil}
}

// FillChunk writes the next rows into DuckDB's own vectors.
func (f *feed) FillChunk(chunk duckdb.DataChunk) error {
	if f.pull != nil {
		n, err := f.pull(chunk)
		if err != nil {
			return err
		}
		return chunk.SetSize(n)
	}
	n := min(f.rows-f.at, duckdb.GetDataChunkCapacity())
	for row := range n {
		if err := f.fill(chunk, row, f.at+row); err != nil {
			return err
		}
	}
	f.at += n
	return chunk.SetSize(n)
}

func newFeeds() *feeds { return &feeds{secret: rand.Text(), open: make(map[string]*feed)} }

// register makes the table function known to the database.
func (fs *feeds) register(c *sql.Conn) error {
	varchar, err := duckdb.NewTypeInfo(duckdb.TYPE_VARCHAR)
	if err != nil {
		return err
	}
	return duckdb.RegisterTableUDF(c, "spoor_feed", duckdb.ChunkTableFunction{
		Config: duckdb.TableFunctionConfig{Arguments: []duckdb.TypeInfo{varchar}},
		BindArguments: func(_ map[string]any, args ...any) (duckdb.ChunkTableSource, error) {
			fs.mu.Lock()
			defer fs.mu.Unlock()
			if f, ok := fs.open[args[0].(string)]; ok {
				scan := *f // a statement may read a feed in several places
				return &scan, nil
			}
			return nil, fmt.Errorf("no such feed")
		},
	})
}

// offer makes f readable under the name returned, until withdraw is called.
func (fs *feeds) offer(f *feed) (name string, withdraw func()) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	fs.n++
	name = fmt.Sprintf("%s%d", fs.secret, fs.n)
	fs.open[name] = f
	return name, func() {
		fs.mu.Lock()
		defer fs.mu.Unlock()
		delete(fs.open, name)
	}
}
