package cloudtrail

import (
	"testing"
	"time"
)

func TestParseTime(t *testing.T) {
	t.Parallel()
	const base = int64(1689_000_138_000_000) // 2023-07-10T14:42:18Z
	for text, want := range map[string]int64{
		"2023-07-10T14:42:18Z":           base,
		"2023-07-10t14:42:18z":           base,
		"2023-07-10 14:42:18":            base,
		"2023-07-10T14:42:18":            base,
		" 2023-07-10T14:42:18Z ":         base,
		"2023-07-10 14:42:18.000000000":  base,
		"2023-07-10T14:42:18.123Z":       base + 123_000,
		"2023-07-10T14:42:18.1234567Z":   base + 123_456,
		"2023-07-10 14:42:18.5 UTC":      base + 500_000,
		"2023-07-11T00:42:18+10:00":      base,
		"2023-07-10T09:12:18-05:30":      base,
		"2023-07-10T09:12:18.25-0530":    base + 250_000,
		"2023-07-10 16:42:18+02":         base,
		"20230710T144218Z":               base,
		"1689000138":                     base,
		"1689000138.5":                   base + 500_000,
		"1689000138000":                  base,
		"1970-01-01T00:00:00Z":           0,
		"2024-02-29T00:00:00Z":           1709164800_000000,
		"2023-02-29T00:00:00Z":           NoTime,
		"2023-13-01T00:00:00Z":           NoTime,
		"2023-07-10T25:00:00Z":           NoTime,
		"2023-07-10T14:42:1xZ":           NoTime,
		"2x23-07-10T14:42:18Z":           NoTime,
		"2023/07/10T14:42:18Z":           NoTime,
		"2023-07-10T14:42:18Zoo":         NoTime,
		"2023-07-10":                     NoTime,
		"2025-10-21TT00:52:27Z":          NoTime,
		"redacted":                       NoTime,
		"...":                            NoTime,
		"":                               NoTime,
		"12":                             NoTime,
		"123456789012345678901234567890": NoTime,
	} {
		if got := parseTime(text); got != want {
			t.Errorf("%q: %d, want %d", text, got, want)
		}
	}
}

func TestParseTimeAgreesWithTheLibrary(t *testing.T) {
	t.Parallel()
	for day := int64(-200_000); day < 200_000; day += 37 {
		at := time.Unix(day*86400+day%86400, 0).UTC()
		if got := parseTime(at.Format(time.RFC3339)); got != at.UnixMicro() {
			t.Fatalf("%s: %d, want %d", at, got, at.UnixMicro())
		}
	}
}

func TestRecordsWithoutUsableTimeLoad(t *testing.T) {
	t.Parallel()
	for _, v := range []string{`null`, `""`, `"redacted"`, `{}`, `true`} {
		events := sameByBothPaths(t, v, `{"eventSource":"a","eventName":"B","eventID":"1","eventTime":`+v+`}`)
		if len(events) != 1 || events[0].Time != NoTime {
			t.Errorf("%s: %+v", v, events)
		}
	}
	events := sameByBothPaths(t, "epoch", `{"eventSource":"a","eventName":"B","eventID":"1","eventTime":1689000138}`)
	if len(events) != 1 || events[0].Time != 1689000138_000000 {
		t.Errorf("epoch number: %+v", events)
	}
}
