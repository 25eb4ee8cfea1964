package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"spoor/loader"
	"spoor/loader/digest"
	"spoor/query"
	"spoor/query/store"
)

// validateFlags are those of spoor validate alone.
type validateFlags struct {
	keys, manifest, writeManifest, report string
	buckets, trails                       []string
}

func validateCommand(a *app) *cobra.Command {
	var f validateFlags
	cmd := &cobra.Command{
		Use:   "validate [SOURCE...]",
		Short: "check log files against CloudTrail's signed digests",
		Long: `Walks the chains of signed digests that CloudTrail delivers beside its logs, and
says of each log file whether it is what was delivered: valid, invalid, missing,
unverifiable, or uncovered (no valid digest names it). Without SOURCE it checks
what the case was loaded from. Verdicts are kept in the case, if there is one.

Works offline: a plain copy proves all but the newest digest of each chain, and
with a manifest (--manifest, or manifest.json in the copy) that one too. Keys
come from --keys (what aws cloudtrail list-public-keys prints), from
public_keys.json in the copy, from an earlier run in the case, or, for S3, from
CloudTrail.

Exit status 0 means that everything in the window is proven and the window is
covered, 3 that something is not.`,
		Example: `  spoor validate s3://my-trail-bucket --since 2024-05-01 --until 2024-05-03
  spoor validate ./copy --keys keys.json --report validation.html
  spoor validate ./copy --bucket-map my-trail-bucket=./copy/bucket --format json`,
		GroupID: "look",
		RunE:    func(cmd *cobra.Command, args []string) error { return a.validate(cmd.Context(), args, f) },
	}
	p := cmd.Flags()
	p.StringVar(&f.keys, "keys", "", "public keys: a list-public-keys answer, or a public_keys.json")
	p.StringVar(&f.manifest, "manifest", "", "manifest.json of a copy: the metadata that copying to disk loses")
	p.StringVar(&f.writeManifest, "write-manifest", "", "write manifest.json and public_keys.json into this folder, beside a copy")
	p.StringVar(&f.report, "report", "", "write a report of what was checked, how and when: FILE.md or FILE.html")
	p.StringArrayVar(&f.buckets, "bucket-map", nil, "OLD=PATH-OR-BUCKET: where the objects of bucket OLD are now (repeatable)")
	p.StringSliceVar(&f.trails, "trail", nil, "report on these trails only")
	return cmd
}

func (a *app) validate(ctx context.Context, args []string, f validateFlags) error {
	if ext := strings.ToLower(filepath.Ext(f.report)); f.report != "" && ext != ".md" && ext != ".html" {
		return usageError{fmt.Errorf("--report: %s is neither .md nor .html", f.report), "the extension says in which form to write it"}
	}
	v := &validation{app: a, flags: f}
	if err := v.options(); err != nil {
		return err
	}
	defer v.close()
	if err := v.open(ctx, args); err != nil {
		return err
	}
	progress := &digest.Progress{}
	stop := v.showCheck(progress)
	report, err := v.run(ctx, progress)
	stop()
	if err != nil {
		return err
	}
	if err := v.keep(ctx, report); err != nil {
		return err
	}
	if !report.Proven() {
		a.status = exitPartial
	}
	return v.print(ctx, report)
}

// A validation is one run of the command.
type validation struct {
	*app
	flags   validateFlags
	opts    digest.Options
	db      *store.DB // nil when there is no case
	sources []loader.Source
	keys    keyFinder
	seen    []loader.Object
	again   bool // sources are those of the case: if out of reach, check what it holds
}

// options turns flags into options of the check.
func (v *validation) options() error {
	scope, err := v.scope()
	if err != nil {
		return err
	}
	o := digest.Options{From: scope.Since, To: scope.Until, Now: v.now(), Accounts: scope.Accounts, Regions: scope.Regions,
		Trails: v.flags.trails, Jobs: v.app.flags.jobs, Beside: true}
	o.Buckets = map[string]string{}
	for _, m := range v.flags.buckets {
		old, to, ok := strings.Cut(m, "=")
		if !ok || old == "" || to == "" {
			return usageError{fmt.Errorf("--bucket-map: %q is not OLD=PATH-OR-BUCKET", m), "for example --bucket-map my-trail-bucket=./copy"}
		}
		o.Buckets[strings.TrimPrefix(old, "s3://")] = to
	}
	if v.flags.manifest != "" {
		if o.Manifest, err = readManifest(v.flags.manifest); err != nil {
			return err
		}
	}
	if v.flags.keys != "" {
		if v.keys.given, err = readKeys(v.flags.keys); err != nil {
			return err
		}
	}
	v.opts = o
	return nil
}

// open finds the case, if there is one, and the sources to check.
func (v *validation) open(ctx context.Context, names []string) error {
	if err := v.openCaseFor(ctx, names); err != nil {
		return err
	}
	if len(names) == 0 && len(v.app.flags.from) > 0 {
		names = v.app.flags.from
	}
	if len(names) > 0 {
		var err error
		v.sources, err = v.openSources(ctx, names)
		return err
	}
	notice, err := v.caseSources(ctx)
	if notice != "" {
		fmt.Fprintln(v.errw, cleanLines(notice))
	}
	return err
}

// caseSources takes what the case was loaded from; where that is out of reach,
// what the case holds of it.
func (v *validation) caseSources(ctx context.Context) (notice string, err error) {
	info, err := v.db.Info()
	if err != nil {
		return "", err
	}
	v.again = true
	names := slices.DeleteFunc(info.Sources, func(name string) bool { return name == "-" })
	if v.sources, err = v.openSources(ctx, names); err != nil {
		notice = err.Error() + ": checking what the case holds of it"
	}
	if err != nil || len(v.sources) == 0 {
		v.sources = []loader.Source{v.db.Originals()}
	}
	return notice, nil
}

// openCaseFor opens the case that keeps the verdicts. A check of a SOURCE that
// was never loaded needs none.
func (v *validation) openCaseFor(ctx context.Context, names []string) (err error) {
	if len(names) == 0 || len(v.app.flags.from) > 0 {
		v.db, err = v.readingCase(ctx)
		return err
	}
	path := v.casePathFor(names)
	if path == store.Memory {
		return nil
	}
	v.db, err = v.openCase(ctx, path, false)
	var locked *store.LockedError
	switch {
	case err == nil || v.app.flags.caseName != "":
		return err
	case errors.Is(err, store.ErrNotFound):
		return nil
	case errors.As(err, &locked):
		fmt.Fprintf(v.errw, "%s: the verdicts are not kept\n", cleanLines(err.Error()))
		return nil
	}
	return err
}

func (v *validation) close() {
	if v.db != nil {
		v.release(v.db)
	}
}

// run does the check.
func (v *validation) run(ctx context.Context, progress *digest.Progress) (*digest.Report, error) {
	var read readings
	if v.db != nil {
		var err error
		if v.opts.Known, err = v.db.Readings(ctx); err != nil {
			return nil, err
		}
		if v.keys.kept, err = v.db.Keys(ctx); err != nil {
			return nil, err
		}
		v.opts.Keep = read.add
	}
	v.keys.online = onlineKeys(v.sources)
	if !v.keys.empty() {
		v.opts.Keys = &v.keys
	}
	if v.flags.writeManifest != "" {
		v.opts.Seen = func(o loader.Object) { v.seen = append(v.seen, o) }
	}
	v.opts.Progress = progress
	report, err := digest.Validate(ctx, v.sources, v.opts)
	if err == nil && v.again && unreached(report) {
		v.sources = []loader.Source{v.db.Originals()}
		report, err = digest.Validate(ctx, v.sources, v.opts)
	}
	if v.db != nil { // also when it was stopped: the next check goes on from here
		err = errors.Join(err, v.db.SaveReadings(context.WithoutCancel(ctx), read.list))
	}
	return report, err
}

// unreached reports whether nothing could be listed: the source is out of reach,
// and says nothing about the logs.
func unreached(r *digest.Report) bool {
	failed := slices.ContainsFunc(r.Findings, func(f digest.Finding) bool { return f.Type == digest.ListingError })
	return failed && r.Digests.Total()+r.Logs.Total() == 0
}

// readings collects what a check reads, from many goroutines.
type readings struct {
	mu   sync.Mutex
	list []store.Reading
}

func (r *readings) add(o loader.Object, h digest.Hash) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.list = append(r.list, store.Reading{Object: o, Hash: h})
}

// showCheck draws one line about a check, ten times a second, until stopped.
func (v *validation) showCheck(p *digest.Progress) (stop func()) {
	return v.statusLine(func() string {
		return fmt.Sprintf("%s listed · %s of %s · %s of %s · %s", query.Counted(p.Listed.Load(), "object"),
			number(p.DigestsDone.Load()), query.Counted(p.Digests.Load(), "digest"), number(p.LogsDone.Load()), query.Counted(p.Logs.Load(), "log"), bytesText(p.Bytes.Load()))
	})
}

// keep stores what was found: verdicts and keys in the case, the manifest and
// the report where flags say.
func (v *validation) keep(ctx context.Context, r *digest.Report) error {
	if v.db != nil {
		if err := v.db.SaveReport(ctx, r); err != nil {
			return err
		}
		if err := v.db.SaveKeys(ctx, v.keys.worthKeeping()); err != nil {
			return err
		}
	}
	if v.flags.writeManifest != "" {
		if err := v.saveManifest(r); err != nil {
			return err
		}
	}
	if v.flags.report == "" {
		return nil
	}
	return atomicFile(v.flags.report, func(w io.Writer) error {
		return custodyReport(r, v.now(), versionInfo().Version).write(w, strings.ToLower(filepath.Ext(v.flags.report)))
	})
}

// saveManifest writes what a copy on disk needs to be as good as the bucket.
func (v *validation) saveManifest(r *digest.Report) error {
	seen := slices.DeleteFunc(v.seen, func(o loader.Object) bool { return !strings.HasPrefix(o.Name, "s3://") })
	if len(seen) == 0 {
		return hinted{fmt.Errorf("write manifest: none of the objects is in S3"), "metadata comes from the bucket: validate s3://… or a case that was loaded from it"}
	}
	regions := map[string]bool{}
	for _, ch := range r.Chains {
		regions[ch.Region] = true
	}
	data, err := digest.FormatManifest(r.From, r.To, slices.Sorted(maps.Keys(regions)), seen)
	if err != nil {
		return err
	}
	put := func(name string, data []byte) error {
		return atomicFile(filepath.Join(v.flags.writeManifest, name), func(w io.Writer) error { _, err := w.Write(data); return err })
	}
	if err := put(digest.ManifestName, data); err != nil {
		return err
	}
	return put(digest.KeysName, v.keys.all().FormatKeys())
}

func (v *validation) print(ctx context.Context, r *digest.Report) error {
	var causes [][]query.Cause
	if v.db != nil {
		var err error
		if causes, err = v.db.Causes(ctx, r.Findings); err != nil {
			return err
		}
	}
	return v.write(func(w io.Writer) error {
		switch v.app.flags.format {
		case "json", "ndjson":
			return json.NewEncoder(w).Encode(r)
		case "csv":
			return v.printVerdicts(w, r)
		}
		return v.printText(w, r, causes)
	})
}

// printVerdicts writes one row an object.
func (v *validation) printVerdicts(w io.Writer, r *digest.Report) error {
	rows := v.newCSV(w, "object", "kind", "verdict", "reason", "detail", "sha256", "recorded_sha256", "named_by")
	for _, o := range r.Objects {
		if err := rows.Write(csvRow(o.Name, o.Kind.String(), o.Verdict.String(), string(o.Reason), o.Detail, o.SHA256, o.Recorded, o.NamedBy)); err != nil {
			return err
		}
	}
	return rows.Flush()
}
