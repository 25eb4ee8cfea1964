package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"

	"spoor/query"
)

func versionCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "version of spoor and of what it is built on", GroupID: "about", Args: cobra.NoArgs,
		Example: "  spoor version --format json",
		RunE: func(*cobra.Command, []string) error {
			v := versionInfo()
			return a.write(func(w io.Writer) error {
				if a.flags.records() {
					return json.NewEncoder(w).Encode(v)
				}
				_, err := fmt.Fprintln(w, v)
				return err
			})
		},
	}
}

type versions struct {
	Version string `json:"version"`
	Go      string `json:"go"`
	OS      string `json:"os"`
	Arch    string `json:"arch"`
	Driver  string `json:"duckdb_driver"`
}

func (v versions) String() string {
	return fmt.Sprintf("spoor %s (%s, %s/%s, duckdb driver %s)", v.Version, v.Go, v.OS, v.Arch, v.Driver)
}

func versionInfo() versions {
	v := versions{Version: "(devel)", Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	if info.Main.Version != "" {
		v.Version = info.Main.Version
	}
	for _, d := range info.Deps {
		if d.Path == "github.com/duckdb/duckdb-go/v2" {
			v.Driver = d.Version
		}
	}
	return v
}

func fieldsCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use: "fields", Short: "the filter fields, with what each means", GroupID: "about", Args: cobra.NoArgs,
		Long:    fieldsText(),
		Example: "  spoor fields\n  spoor fields --format json",
		RunE: func(*cobra.Command, []string) error {
			return printListing(a, listing[jsonField]{[]string{"field", "also", "meaning"}, fieldsJSON(), func(f jsonField, _ func(int64) string) []string {
				return []string{f.Name, strings.Join(f.Aliases, ", "), f.Help}
			}})
		},
	}
}

// fieldsText is the page of the manual about fields: the catalogue, a line each.
func fieldsText() string {
	var b strings.Builder
	b.WriteString("The fields of the filter language (spoor help filter), with their other names.\nAny dotted path into the record, such as requestParameters.bucketName, is a field\ntoo.\n")
	for _, f := range query.Fields() {
		fmt.Fprintf(&b, "\n  %-14s%s", f.Name, f.Help)
		if len(f.Aliases) > 0 {
			fmt.Fprintf(&b, " (%s)", strings.Join(f.Aliases, ", "))
		}
	}
	return b.String()
}

type jsonField struct {
	Name    string   `json:"name"`
	Aliases []string `json:"aliases"`
	Kind    string   `json:"kind"`
	Help    string   `json:"help"`
	Values  []string `json:"values,omitempty"`
}

func fieldsJSON() []jsonField {
	var out []jsonField
	for _, f := range query.Fields() {
		out = append(out, jsonField{f.Name, f.Aliases, f.Kind.String(), f.Help, f.Values})
	}
	return out
}

func manCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use: "man [DIRECTORY]", Short: "manual pages: print the main one, or write all into DIRECTORY", GroupID: "about", Args: cobra.MaximumNArgs(1),
		Example: "  spoor man | man -l -\n  spoor man /usr/local/share/man/man1",
		RunE: func(cmd *cobra.Command, args []string) error {
			header := &doc.GenManHeader{Title: "SPOOR", Section: "1", Source: "spoor", Manual: "spoor manual"}
			if len(args) == 0 {
				return a.write(func(w io.Writer) error { return doc.GenMan(cmd.Root(), header, w) })
			}
			dir := filepath.Clean(args[0])
			if err := os.MkdirAll(dir, 0o755); err != nil {
				return fmt.Errorf("write manual pages: %w", err)
			}
			return doc.GenManTree(cmd.Root(), header, dir)
		},
	}
}
