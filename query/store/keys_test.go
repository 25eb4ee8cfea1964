package store

import "testing"

// Keys of an hour are read from the case once, and again only after others took
// their room; never those that a batch is at work on.
func TestHoursOfKeysAreDropped(t *testing.T) {
	t.Parallel()
	k, reads := newKnown(), map[int64]int{}
	ask := func(hour int64) {
		t.Helper()
		if _, err := k.hour(hour, func(h int64, into *keyTable) error {
			reads[h]++
			into.put(eventKey{1, 2}, 3)
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	for _, hours := range [][]int64{{1, 2, 1}, {2}, {2}} {
		k.turn++
		for _, h := range hours {
			ask(h)
		}
		k.total += keyBudget
		k.trim()
		k.total -= keyBudget
	}
	if len(k.hours) != 1 || k.total != 1 {
		t.Errorf("%d hours with %d keys are left, want the last one", len(k.hours), k.total)
	}
	ask(1)
	if reads[1] != 2 || reads[2] != 1 {
		t.Errorf("read %v times", reads)
	}
	for at, want := range map[int64]int64{0: 0, hourMicros - 1: 0, hourMicros: 1, -1: -1, -hourMicros: -1, -hourMicros - 1: -2, noTime: noHour} {
		if got := hourOf(at); got != want {
			t.Errorf("%d µs are of hour %d, want %d", at, got, want)
		}
	}
}
