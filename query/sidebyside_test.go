package query

import (
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSideBySide(t *testing.T) {
	t.Parallel()
	a := Session{Actor: "alice", Events: 1200, MFA: "yes", Risks: []Risk{{Sign: "root"}, {Sign: "new address"}, {Sign: "root"}}}
	b := Session{Actor: "bob", Events: 3, Errors: 3, Denied: 2}
	got := SideBySide(a, b, []Contrast{
		{What: "calls", Both: []string{"iam:ListUsers"}, OnlyA: []string{"ec2:RunInstances", "s3:GetObject"}, OnlyB: []string{"kms:Decrypt"}},
		{What: "regions"},
	}, func(t int64) string { return strconv.FormatInt(t, 10) })
	want := []Pair{
		{"actor", "alice", "bob"}, {"root", "", ""}, {"kind", "", ""}, {"principal", "", ""}, {"account", "", ""}, {"start", "0", "0"}, {"end", "0", "0"},
		{"events", "1,200", "3"}, {"writes", "0", "0"}, {"denied", "0", "2"}, {"other errors", "0", "1"}, {"MFA", "yes", "not told"}, {"signs", "new address, root", ""},
		{"calls", "ec2:RunInstances", ""}, {"", "iam:ListUsers", "iam:ListUsers"}, {"", "", "kms:Decrypt"}, {"", "s3:GetObject", ""},
		{"regions", "", ""},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}
