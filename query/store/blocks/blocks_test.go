package blocks

import (
	"context"
	"testing"

	"spoor/query"
)

func TestFrameGivesRecordsBack(t *testing.T) {
	t.Parallel()
	records := []string{`{"a":1,"b":"x"}`, `{"a":1,"b":"y"}`, `{}`, `not json`, `{"a":1,"b":"x"}`}
	seqs := []int64{7, 3, 1 << 40, 9, 10}
	var m maker
	for range 2 { // a maker may be used again
		for i, r := range records {
			m.add(seqs[i], r)
		}
		f, err := readFrame(m.finish())
		if err != nil {
			t.Fatal(err)
		}
		i := 0
		err = f.Each(func(seq int64, parts []uint32) bool {
			got := ""
			for _, p := range parts {
				got += f.Part(p)
			}
			if got != records[i] || seq != seqs[i] {
				t.Errorf("event %d: %d %s", i, seq, got)
			}
			i++
			return true
		})
		if err != nil || i != len(records) {
			t.Errorf("%d events, %v", i, err)
		}
	}
}

// FuzzFrame holds that no bytes, whatever their checksum says, take the program
// down.
func FuzzFrame(f *testing.F) {
	var m maker
	m.add(1, `{"a":1,"b":"x\\"}`)
	f.Add(m.finish())
	f.Fuzz(func(_ *testing.T, b []byte) {
		fr, err := readFrame(b)
		if err != nil {
			return
		}
		_, _ = fr.Find(context.Background(), query.Text{Value: "a/b"}.Probe())
		_, _ = fr.Find(context.Background(), query.Text{Value: `a"b`, Quoted: true}.Probe())
	})
}
