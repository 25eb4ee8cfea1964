package queries

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync/atomic"
	"testing"

	"spoor/query"
	"spoor/ui/pane"
	"spoor/ui/uitest"
)

// shelf is a case that takes SQL.
type shelf struct {
	names []string
	rows  [][]query.Value
	err   error
	ran   []string
	wrote []string
}

func (s *shelf) run(ctx context.Context, sql string, limit int64, head func([]string) error, row func([]query.Value) error) error {
	if sql == aboutColumns {
		for _, w := range []string{"account", "action", "actor"} {
			if err := row([]query.Value{{Text: "events"}, {Text: w}}); err != nil {
				return err
			}
		}
		return nil
	}
	s.ran = append(s.ran, sql)
	if s.err != nil {
		return s.err
	}
	if err := head(s.names); err != nil {
		return err
	}
	for _, r := range s.rows[:min(int64(len(s.rows)), cmp.Or(limit, math.MaxInt64))] {
		if err := row(r); err != nil {
			return err
		}
	}
	return ctx.Err()
}

func (s *shelf) write(_ context.Context, sql, path string, progress func(int64)) (int64, error) {
	progress(3)
	s.wrote = append(s.wrote, sql, path)
	return int64(len(s.rows)), nil
}

func sqlStage(t *testing.T) (*uitest.Stage, *shelf) {
	t.Helper()
	db := &shelf{names: []string{"actor", "n", "note"}, rows: [][]query.Value{
		{{Text: "alice"}, {Text: "12"}, {Null: true}}, {{Text: "mal\x1b[2Jlory"}, {Text: "3"}, {Text: "=1+1"}},
	}}
	return uitest.NewStage(t, New(&asker{}, builtin, Files{}, SQL{Run: db.run, Write: db.write}), 100, 20), db
}

// enterSQL opens the prompt and puts a query.
func enterSQL(t *testing.T, s *uitest.Stage, sql string) {
	t.Helper()
	s.Send(pane.AskSQL{})
	in, ok := s.Last().(pane.Ask)
	if !ok {
		t.Fatalf("got %#v", s.Last())
	}
	_, cmd, err := in.Done(sql)
	if err != nil {
		t.Fatal(err)
	}
	s.Run(cmd)
}

func TestSQLShowsItsAnswer(t *testing.T) {
	t.Parallel()
	s, db := sqlStage(t)
	enterSQL(t, s, "SELECT actor, n, note FROM x")
	s.Shows("actor", "alice", "NULL", `mal\x1b[2Jlory`, "2 rows in", "SELECT actor, n, note FROM x")
	s.Keys("j", "enter")
	if in, ok := s.Last().(pane.Read); !ok || !slices.Contains(in.Lines, "note: =1+1") {
		t.Errorf("got %#v", s.Last())
	}
	s.Keys("w")
	_, cmd, err := s.Last().(pane.Ask).Done("answer.csv")
	if err != nil {
		t.Fatal(err)
	}
	s.Run(cmd)
	if !slices.Equal(db.wrote, []string{"SELECT actor, n, note FROM x", "answer.csv"}) {
		t.Errorf("wrote %q", db.wrote)
	}
	s.Keys("backspace")
	s.Shows("Who used the root user?")
}

func TestSQLKeepsHistoryAndCompletes(t *testing.T) {
	t.Parallel()
	s, _ := sqlStage(t)
	enterSQL(t, s, "SELECT 1")
	enterSQL(t, s, "SELECT 2")
	enterSQL(t, s, "SELECT 1")
	s.Send(pane.AskSQL{})
	in := s.Last().(pane.Ask)
	if !slices.Equal(in.History, []string{"SELECT 2", "SELECT 1"}) || in.Initial != "SELECT 1" {
		t.Errorf("history %q, initial %q", in.History, in.Initial)
	}
	if from, words := in.Complete("SELECT max(ac"); from != 11 || !slices.Equal(words, []string{"account", "action", "actor"}) {
		t.Errorf("%d, %q", from, words)
	}
	if _, _, err := in.Done(""); err == nil {
		t.Error("an empty query is taken")
	}
}

// An answer of another shape than was asked for is no reason to break down.
func TestSQLCompletesWithoutTheWordsOfTheCase(t *testing.T) {
	t.Parallel()
	odd := func(_ context.Context, _ string, _ int64, head func([]string) error, row func([]query.Value) error) error {
		if err := head([]string{"one"}); err != nil {
			return err
		}
		return row([]query.Value{{Text: "x"}})
	}
	s := uitest.NewStage(t, New(&asker{}, builtin, Files{}, SQL{Run: odd}), 100, 20)
	s.Send(pane.AskSQL{})
	if _, words := s.Last().(pane.Ask).Complete("SEL"); !slices.Equal(words, []string{"SELECT"}) {
		t.Errorf("completes with %q", words)
	}
}

func TestSQLMistakeIsShownInFull(t *testing.T) {
	t.Parallel()
	s, db := sqlStage(t)
	db.err = errors.New("Binder Error: no column nope\n\nLINE 1: SELECT nope\n               ^")
	enterSQL(t, s, "SELECT nope")
	s.Shows("Binder Error: no column nope", "LINE 1: SELECT nope", "               ^", "Q changes the query")
}

func TestSQLHoldsOnlyTheFirstRows(t *testing.T) {
	t.Parallel()
	s, db := sqlStage(t)
	db.rows = nil
	for i := range shownRows + 5 {
		db.rows = append(db.rows, []query.Value{{Text: fmt.Sprint(i)}, {}, {}})
	}
	enterSQL(t, s, "SELECT x")
	s.Shows(fmt.Sprintf("the first %d rows; w writes all to a file", shownRows))
	s.Keys("G")
	s.Shows(fmt.Sprint(shownRows - 1))
}

func TestSQLIsStopped(t *testing.T) {
	t.Parallel()
	s, _ := sqlStage(t)
	s.Send(pane.AskSQL{})
	_, cmd, err := s.Last().(pane.Ask).Done("SELECT forever")
	if err != nil {
		t.Fatal(err)
	}
	s.Shows("running; esc stops it")
	s.Keys("backspace")
	s.Run(cmd) // its answer comes too late
	s.Shows("stopped")
	if n := len(s.Text()); n == 0 {
		t.Error("nothing is shown")
	}
	s.Keys("backspace")
	s.Shows("Who used the root user?")
}

// A writing shows how far it is as long as it is out.
func TestWritingShowsItsProgress(t *testing.T) {
	t.Parallel()
	s, _ := sqlStage(t)
	v := s.Pane.(*View)
	v.sql.open, v.sql.sql = true, "SELECT 1"
	_, n := v.sql.writing.Next(t.Context())
	v.sql.written = new(atomic.Int64)
	v.sql.written.Store(1234)
	s.Shows("writing: 1,234 rows; esc stops it")
	if v.sqlWriting(writingMsg{n}) == nil || v.sqlWriting(writingMsg{n - 1}) != nil {
		t.Error("only the writing that is out is watched")
	}
	v.sql.writing.Stop()
	if v.sqlWriting(writingMsg{n}) != nil {
		t.Error("a writing that was stopped is watched on")
	}
}
