package digest_test

import (
	"slices"
	"strings"
	"testing"

	"spoor/loader/digest"
	"spoor/loader/digest/digesttest"
)

func TestStripsShowTheWorstOfEachHour(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.edit("d1.1", func(o *digesttest.Object) { o.Body = nil })
	w.remove("d2.0", "d4")
	plant(w, 6)
	r := w.validate()
	strips := r.Strips()
	if len(strips) != 1 {
		t.Fatalf("%d strips", len(strips))
	}
	glyphs := map[digest.State]string{digest.Unchecked: ".", digest.Proven: "#", digest.Unproven: "?", digest.Unlisted: "u",
		digest.NoDigest: "_", digest.Lost: "m", digest.Altered: "!"}
	var b strings.Builder
	for _, c := range strips[0].Cells {
		b.WriteString(glyphs[c.State])
	}
	if got, want := b.String(), "#!m#m#u#."; got != want {
		t.Errorf("strip %s, want %s", got, want)
	}
	if c := strips[0].Cells[1]; c.Bad != 1 || c.Logs != 3 {
		t.Errorf("cell of hour 1: %+v", c)
	}
}

// checkWords holds a report to its words: every verdict and finding is
// explained, and the steps of the check bear the verdict out.
func (w *world) checkWords(r *digest.Report) {
	for _, o := range r.Objects {
		if o.Words().Title == "" || len(o.Steps()) == 0 || o.Verdict != digest.Valid && o.Detail == "" {
			w.t.Errorf("no words or steps for %s %s", o.Verdict, o.Reason)
		}
		failed := slices.ContainsFunc(o.Steps(), func(s digest.Step) bool { return s.Result == "failed" })
		if failed && o.Verdict == digest.Valid && o.Reason == "" && !mismatched(r, o) {
			w.t.Errorf("%s is valid, and yet a step failed: %v", w.shorten(o.Name), o.Steps())
		}
		if !failed && o.Verdict == digest.Invalid {
			w.t.Errorf("%s is invalid, and yet no step failed: %v", w.shorten(o.Name), o.Steps())
		}
	}
	for _, x := range r.Findings {
		if digest.Explain(x.Type).Title == "" || x.Detail == "" {
			w.t.Errorf("no words for %s", x.Type)
		}
	}
}

// mismatched: a valid digest of which the next one says otherwise.
func mismatched(r *digest.Report, o digest.Object) bool {
	for _, f := range r.Findings {
		if (f.Type == digest.ChainMismatch || f.Type == digest.ChainCycle) && o.NamedBy == f.Object {
			return true
		}
	}
	return false
}
