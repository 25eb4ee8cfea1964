package pane

import "testing"

func TestLineCancelsTheOlderQuestion(t *testing.T) {
	t.Parallel()
	var l Line
	first, n1 := l.Next(t.Context())
	second, n2 := l.Next(t.Context())
	if first.Err() == nil || second.Err() != nil {
		t.Errorf("first %v, second %v", first.Err(), second.Err())
	}
	if l.Is(n1) {
		t.Error("a late reply is taken")
	}
	if !l.Is(n2) || l.Is(n2) || l.Out() {
		t.Error("a reply is taken once")
	}
	if second.Err() == nil {
		t.Error("the context of an answered question is not released")
	}
	_, n3 := l.Next(t.Context())
	if l.Stop(); l.Is(n3) {
		t.Error("a stopped question is answered")
	}
}
