package loader

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// Whatever territory they are of, objects are loaded by the hour of their delivery;
// those that don't tell it by the day.
func TestObjectsAreLoadedByHour(t *testing.T) {
	t.Parallel()
	const day = "AWSLogs/111122223333/CloudTrail/us-east-1/2026/03/02/"
	q := newQueue()
	for _, name := range []string{
		"AWSLogs/111122223333/CloudTrail/eu-west-1/2026/03/02/111122223333_CloudTrail_eu-west-1_20260302T2355Z_aaaaaaaaaaaaaaaa.json.gz",
		"AWSLogs/111122223333/CloudTrail/eu-west-1/2026/03/02/111122223333_CloudTrail_eu-west-1_20260302T0050Z_bbbbbbbbbbbbbbbb.json.gz",
		day + "111122223333_CloudTrail_us-east-1_20260302T0005Z_cccccccccccccccc.json.gz",
		day + "111122223333_CloudTrail_us-east-1_20260301T2305Z_dddddddddddddddd.json.gz",
		"eeee.json", "ffff.json",
	} {
		o := Object{Name: name, ModTime: time.Date(2026, 3, 2, 23, 59, 0, 0, time.UTC)}
		if err := q.put(t.Context(), job{obj: o, hour: hourOf(o)}); err != nil {
			t.Fatal(err)
		}
	}
	q.close()
	var got []string
	for {
		j, ok := q.get(t.Context())
		if !ok {
			break
		}
		name := strings.TrimSuffix(strings.TrimSuffix(j.obj.Name, ".gz"), ".json")
		got = append(got, j.hour+" "+name[len(name)-4:])
	}
	want := []string{"2026030123 dddd", "20260302 eeee", "20260302 ffff", "2026030200 bbbb", "2026030200 cccc", "2026030223 aaaa"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}
