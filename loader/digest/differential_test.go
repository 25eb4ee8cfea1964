package digest_test

import (
	"bytes"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"spoor/loader/digest"
	"spoor/loader/digest/digesttest/awstest"
)

// agreed are the ways of damage on which the AWS command line says what we say of
// every object that it names. Where it differs, section 7 of the fact sheet has
// it as one of its mistakes.
var agreed = []string{
	"clean", "log-edited", "log-packed-again", "log-deleted", "digest-edited", "digest-deleted", "forged-with-unknown-key",
	"chain-restart", "backfill", "bucket-change",
}

func TestSameVerdictsAsTheAWSCommandLine(t *testing.T) {
	if testing.Short() {
		t.Skip("the AWS command line takes a second or more each time")
	}
	aws, err := exec.LookPath("aws")
	if err != nil {
		t.Skip("the AWS command line is not installed")
	}
	all := slices.Concat(logFailures(), digestFailures(), chainFailures(), placeFailures())
	for _, f := range all {
		if !slices.Contains(agreed, f.name) {
			continue
		}
		t.Run(f.name, func(t *testing.T) {
			w := newWorld(t)
			f.damage(w)
			ours := map[string]digest.Verdict{}
			for _, o := range w.validate().Objects {
				ours[o.Name] = o.Verdict
			}
			theirs := w.askAWS(aws)
			if len(theirs) == 0 {
				t.Fatal("the AWS command line named no object")
			}
			for name, valid := range theirs {
				if got := ours[name]; (got == digest.Valid) != valid || got == 0 {
					t.Errorf("%s: ours %v, theirs valid = %v", w.shorten(name), got, valid)
				}
			}
			for name, v := range ours {
				if _, named := theirs[name]; !named && v == digest.Valid {
					t.Errorf("%s: ours valid, theirs silent", w.shorten(name))
				}
			}
		})
	}
}

// askAWS runs validate-logs on the tree and returns what it says of each object.
func (w *world) askAWS(aws string) map[string]bool {
	w.t.Helper()
	trail := w.trail
	if newest := w.chain[len(w.chain)-1].Doc; newest.Bucket != trail.Bucket || strings.HasPrefix(newest.Key, "new/") {
		trail.Bucket = newest.Bucket
		trail.Prefix, _, _ = strings.Cut(newest.Key, "/AWSLogs/")
		trail.Prefix = strings.TrimPrefix(trail.Prefix, "AWSLogs")
		if strings.HasPrefix(newest.Key, "AWSLogs/") {
			trail.Prefix = ""
		}
	}
	handler, err := awstest.New(w.tree, trail, w.keys)
	if err != nil {
		w.t.Fatal(err)
	}
	srv := httptest.NewServer(handler)
	defer srv.Close()
	cmd := exec.CommandContext(w.t.Context(), aws, "cloudtrail", "validate-logs", "--trail-arn", awstest.ARN(trail), "--verbose",
		"--region", trail.Region, "--endpoint-url", srv.URL, "--start-time", w.opts.From.Format(time.RFC3339), "--end-time", w.opts.To.Format(time.RFC3339))
	cmd.Env = append(slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "AWS_") }), "AWS_ENDPOINT_URL="+srv.URL, "AWS_ACCESS_KEY_ID=key", "AWS_SECRET_ACCESS_KEY=secret",
		"AWS_CONFIG_FILE=/nonexistent", "AWS_SHARED_CREDENTIALS_FILE=/nonexistent", "AWS_EC2_METADATA_DISABLED=true")
	out, err := cmd.CombinedOutput()
	verdicts := parseAWS(out)
	if len(verdicts) == 0 {
		w.t.Fatalf("aws: %v\n%s", err, out)
	}
	return verdicts
}

// parseAWS reads lines "Digest file<TAB>s3://b/k<TAB>valid" (or "INVALID: why").
func parseAWS(out []byte) map[string]bool {
	verdicts := map[string]bool{}
	for line := range bytes.Lines(out) {
		parts := strings.Split(strings.TrimSpace(string(line)), "\t")
		if len(parts) >= 3 && strings.HasPrefix(parts[1], "s3://") {
			verdicts[parts[1]] = parts[2] == "valid"
		}
	}
	return verdicts
}
