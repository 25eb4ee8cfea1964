package main

import "testing"

func TestSlugKeepsWholeWords(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]string{
		"/logs": "logs",
		"s3://my-trail-bucket/AWSLogs/o-abc/111122223333/CloudTrail":      "awslogs-o-abc-111122223333-cloudtrail",
		"/srv/incidents/2026-03/logs-of-the-production-account/delivered": "logs-of-the-production-account-delivered",
		"/x/abcdefghijabcdefghijabcdefghijabcdefghijabcdefghij":           "abcdefghijabcdefghijabcdefghijabcdefghij",
		"///": "case",
	} {
		if got := slug(source); got != want {
			t.Errorf("slug(%q) = %q, want %q", source, got, want)
		}
	}
}
