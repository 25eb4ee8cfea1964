package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"spoor/loader"
)

// addCommonFlags puts the flags that hold for all commands on the root, so that
// they may stand before or after operands.
func addCommonFlags(root *cobra.Command, f *flags) {
	p := root.PersistentFlags()
	p.StringVarP(&f.caseName, "case", "c", "", "case to use: NAME.spoor, or :memory: to keep nothing (default: one per source, in the user's state directory)")
	p.StringArrayVar(&f.from, "from", nil, "load this SOURCE first (for commands that read a case)")
	p.BoolVar(&f.link, "link", false, "leave disk objects where they are instead of copying them into the case")
	p.BoolVar(&f.follow, "follow", false, "keep looking for new objects (screen and load)")
	p.StringVar(&f.since, "since", "", "load and show only what was logged since T: RFC 3339, or a date for that day's start")
	p.StringVar(&f.until, "until", "", "load and show only what was logged until T: RFC 3339, or a date for that day's end")
	p.StringSliceVar(&f.accounts, "account", nil, "load and show only these accounts")
	p.StringSliceVar(&f.regions, "region", nil, "load and show only these regions")
	p.StringVar(&f.format, "format", "", "table, csv, json, ndjson or parquet (default: by the extension of -o, else table)")
	p.StringVarP(&f.output, "output", "o", "", "write to FILE instead of standard output")
	p.StringVar(&f.order, "order", "newest", "newest or oldest first")
	p.Int64Var(&f.limit, "limit", 0, "at most N rows; 0 means all (a table on a terminal stops at 200)")
	p.StringSliceVar(&f.columns, "columns", nil, "columns to show: field names or dotted paths, separated by commas")
	p.BoolVar(&f.count, "count", false, "print only how many there are, as one whole number")
	p.BoolVar(&f.rawValues, "raw-values", false, "do not defuse spreadsheet formulas in CSV")
	p.BoolVar(&f.timing, "timing", false, "print query time and rows to standard error")
	p.StringVar(&f.tz, "tz", "UTC", "time zone to show and read times in: UTC, Local or a name like Europe/Berlin")
	p.StringVar(&f.theme, "theme", "", "colours of the screen (spoor themes lists them), auto by the terminal's background; without it the one chosen last on a screen")
	p.BoolVar(&f.noColor, "no-color", false, "no colour")
	p.IntVar(&f.jobs, "jobs", 0, "parallel workers (default: as many as there are processors)")
	p.StringVar(&f.memory, "memory-limit", "", "memory the database may use, e.g. 2GB")
	p.StringVar(&f.maxObject, "max-object", "1GiB", "an object that unpacks to more than this fails instead of loading")
	p.StringVar(&f.config, "config", "", "configuration file (default: config.toml in the user's config directory)")
	p.StringVar(&f.aws.profile, "profile", "", "AWS profile")
	p.StringVar(&f.aws.roleARN, "role-arn", "", "AWS role to assume")
	p.StringVar(&f.aws.externalID, "external-id", "", "external id for --role-arn")
	p.StringVar(&f.aws.mfaSerial, "mfa-serial", "", "MFA device for --role-arn; the code is asked for")
	p.StringVar(&f.aws.endpoint, "endpoint-url", "", "endpoint for every AWS service used, but not for SSO sign-ins; an address or localhost means path style")
	p.StringVar(&f.aws.region, "aws-region", "", "region to call AWS in")
	p.BoolVar(&f.aws.requesterPays, "requester-pays", false, "agree to pay for requests to requester-pays buckets")
	p.BoolVar(&f.aws.anonymous, "no-sign-request", false, "do not sign requests (public buckets)")
}

// zone reads a --tz value.
func zone(name string) (*time.Location, error) {
	switch strings.ToLower(name) {
	case "", "utc":
		return time.UTC, nil
	case "local":
		return time.Local, nil
	}
	z, err := time.LoadLocation(name)
	if err != nil {
		return nil, usageError{fmt.Errorf("--tz: unknown time zone %q", name), "use UTC, Local or a name such as Europe/Berlin"}
	}
	return z, nil
}

// instant reads a command-line time. A date alone means its start, or with end
// its last microsecond, in zone.
func instant(flag, s string, zone *time.Location, end bool) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04:05", "2006-01-02 15:04"} {
		if t, err := time.ParseInLocation(layout, s, zone); err == nil {
			return t.UTC(), nil
		}
	}
	day, err := time.ParseInLocation(time.DateOnly, s, zone)
	if err != nil {
		return time.Time{}, usageError{fmt.Errorf("--%s: %q is not a time", flag, s), "write 2024-05-01 or 2024-05-01T13:30:00Z"}
	}
	if end {
		return day.AddDate(0, 0, 1).Add(-time.Microsecond).UTC(), nil
	}
	return day.UTC(), nil
}

// scope is what --since, --until, --account and --region leave to load.
func (a *app) scope() (s loader.Scope, err error) {
	if s.Since, err = instant("since", a.flags.since, a.zone, false); err != nil {
		return s, err
	}
	if s.Until, err = instant("until", a.flags.until, a.zone, true); err != nil {
		return s, err
	}
	if !s.Since.IsZero() && !s.Until.IsZero() && s.Until.Before(s.Since) {
		return s, usagef("--until %s is before --since %s", a.flags.until, a.flags.since)
	}
	for _, acc := range a.flags.accounts {
		if len(acc) != 12 || strings.Trim(acc, "0123456789") != "" {
			return s, usagef("--account: %q is not an account id of 12 digits", acc)
		}
	}
	s.Accounts, s.Regions = a.flags.accounts, a.flags.regions
	return s, nil
}
