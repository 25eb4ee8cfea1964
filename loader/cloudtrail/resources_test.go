package cloudtrail_test

import (
	"slices"
	"testing"

	"spoor/loader/cloudtrail"
)

func TestListedNamesEachEntryOnce(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, raw string
		want      []string
	}{
		{"as logged", `[{"ARN":"arn:a","accountId":"1","type":"AWS::S3::Object"},{"type":"AWS::S3::Bucket","ARN":"arn:b"}]`,
			[]string{"arn:a AWS::S3::Object", "arn:b AWS::S3::Bucket"}},
		{"prefix, other case, white space", "[ { \"arnprefix\" : \"arn:p/\" , \"Type\" : \"T\" } , {\"Arn\":\"arn:c\",\"ARNPrefix\":\"arn:p\"} ]", []string{"arn:p/ T", "arn:c "}},
		{"escapes", `[{"ARN":"arn:\u0061\/x"}]`, []string{"arn:a/x "}},
		{"no names", `[{"type":"T"},{"ARN":null},{"ARN":{}},"arn:s",7]`, nil},
		{"no list", `{"ARN":"arn:a"}`, nil},
		{"cut off", `[{"ARN":"arn:a"},{"ARN":"arn:`, []string{"arn:a "}},
		{"two commas", `[{"ARN":"arn:a"},,{"ARN":"arn:b"}]`, []string{"arn:a "}},
		{"empty", "", nil},
	} {
		var got []string
		cloudtrail.Listed(c.raw, func(name, kind string) { got = append(got, name+" "+kind) })
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q", c.name, got)
		}
	}
}
