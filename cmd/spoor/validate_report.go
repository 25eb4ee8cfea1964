package main

import (
	"fmt"
	"html/template"
	"io"
	"strings"
	"time"

	"spoor/loader/digest"
)

// A custody is the report for the file: what was checked, when, with which keys
// and what program, and what was found of each object. Times are UTC.
type custody struct {
	Version, Written, Started, Finished string
	Answer                              string
	Source, From, To                    string
	Digests, Logs                       string
	Chains, Keys, Problems, Objects     [][]string
}

func custodyReport(r *digest.Report, now time.Time, version string) custody {
	c := custody{Version: version, Written: utc(now), Started: utc(r.Started), Finished: utc(r.Finished), Answer: "Not proven",
		Source: r.Source, From: utc(r.From), To: utc(r.To), Digests: counts(r.Digests), Logs: counts(r.Logs)}
	if r.Proven() {
		c.Answer = "Proven: everything in the window is as CloudTrail delivered it, and the window is covered"
	}
	for _, ch := range r.Chains {
		c.Chains = append(c.Chains, []string{ch.Account, ch.Region, ch.Trail, ch.Home, utc(ch.From), utc(ch.To), utc(ch.Proven), fmt.Sprint(ch.Digests), fmt.Sprint(ch.Logs)})
	}
	for _, k := range r.Keys {
		c.Keys = append(c.Keys, []string{k.Fingerprint, k.Region, utc(k.From), utc(k.To), k.Origin, fmt.Sprint(k.Digests)})
	}
	for _, f := range r.Findings {
		c.Problems = append(c.Problems, []string{string(f.Type), f.Object, digest.Explain(f.Type).Means, f.Detail})
	}
	for _, o := range r.Objects {
		c.Objects = append(c.Objects, []string{o.Verdict.String(), string(o.Reason), o.Kind.String(), o.Name, o.SHA256, o.Recorded, o.NamedBy, o.Detail})
	}
	return c
}

func utc(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// section is one table of the report.
type section struct {
	Title string
	Head  []string
	Rows  [][]string
}

func (c custody) Facts() [][]string {
	return [][]string{
		{"Answer", c.Answer}, {"Source", c.Source}, {"Window", c.From + " to " + c.To}, {"Digests", c.Digests}, {"Logs", c.Logs},
		{"Check began", c.Started}, {"Check ended", c.Finished}, {"Report written", c.Written}, {"Program", "spoor " + c.Version},
	}
}

func (c custody) Sections() []section {
	return []section{
		{"Findings", []string{"type", "object", "means", "detail"}, c.Problems},
		{"Chains", []string{"account", "region", "trail", "home", "covers from", "to", "proven up to", "digests", "logs"}, c.Chains},
		{"Keys", []string{"fingerprint", "region", "valid from", "to", "origin", "digests"}, c.Keys},
		{"Objects", []string{"verdict", "reason", "kind", "object", "SHA-256", "recorded SHA-256", "named by", "detail"}, c.Objects},
	}
}

func (c custody) write(w io.Writer, ext string) error {
	if ext == ".html" {
		return htmlReport.Execute(w, c)
	}
	var b strings.Builder
	b.WriteString("# Validation of CloudTrail log files\n\n")
	markdownTable(&b, []string{"", ""}, c.Facts())
	for _, s := range c.Sections() {
		if len(s.Rows) == 0 {
			continue
		}
		fmt.Fprintf(&b, "\n## %s\n\n", s.Title)
		markdownTable(&b, s.Head, s.Rows)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func markdownTable(b *strings.Builder, head []string, rows [][]string) {
	fmt.Fprintf(b, "| %s |\n|%s\n", strings.Join(head, " | "), strings.Repeat("---|", len(head)))
	for _, row := range rows {
		for _, cell := range row {
			b.WriteString("| " + md(cleanLines(cell)) + " ")
		}
		b.WriteString("|\n")
	}
}

var htmlReport = template.Must(template.New("report").Funcs(template.FuncMap{"clean": cleanLines}).Parse(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Validation of CloudTrail log files</title>
<style>
body{font:14px/1.5 system-ui,sans-serif;margin:2em;color:#222;background:#fff}
table{border-collapse:collapse;margin:.5em 0 1.5em}
th,td{border:1px solid #ccc;padding:.2em .5em;text-align:left;vertical-align:top;overflow-wrap:anywhere}
td{font-family:ui-monospace,monospace;font-size:12px}
</style></head><body><h1>Validation of CloudTrail log files</h1>
<table>{{range .Facts}}<tr><th>{{index . 0}}</th><td>{{clean (index . 1)}}</td></tr>{{end}}</table>
{{range .Sections}}{{if .Rows}}<h2>{{.Title}}</h2><table><tr>{{range .Head}}<th>{{.}}</th>{{end}}</tr>
{{range .Rows}}<tr>{{range .}}<td>{{clean .}}</td>{{end}}</tr>
{{end}}</table>{{end}}{{end}}</body></html>
`))
