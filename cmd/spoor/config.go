package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"

	"github.com/adrg/xdg"
	toml "github.com/pelletier/go-toml/v2"
	"github.com/spf13/cobra"

	"spoor/query"
)

// config is config.toml: defaults for flags, and keys. Flags win. The help of each
// key is the page spoor help config.
type config struct {
	Theme       string            `toml:"theme" help:"colours of the screen: \"light\" (spoor themes lists them)"`
	TZ          string            `toml:"tz" help:"time zone to show and read times in: \"Local\", \"Europe/Berlin\""`
	Order       string            `toml:"order" help:"\"newest\" or \"oldest\" first"`
	Columns     []string          `toml:"columns" help:"of the events: [\"time\", \"actor\", \"requestParameters.bucketName\"]"`
	Jobs        int               `toml:"jobs" help:"parallel workers: 4"`
	MemoryLimit string            `toml:"memory_limit" help:"memory the database may use: \"2GB\""`
	NoColor     bool              `toml:"no_color" help:"true: no colour"`
	ASCII       bool              `toml:"ascii" help:"true: no signs beyond ASCII, for fonts and consoles without them"`
	Tips        *bool             `toml:"tips" help:"false: no tips in the footer of the screen"`
	Plain       bool              `toml:"plain" help:"true: lines in place of the screen"`
	CaseDir     string            `toml:"case_dir" help:"where cases without a name of their own live: \"/big/disk/spoor\""`
	Keys        map[string]string `toml:"keys" help:"the keys of commands, in place of the usual: undo = \"u ctrl+_\" (spoor help keys lists the names)"`
	AWS         configAWS         `toml:"aws"`
}

type configAWS struct {
	Profile  string `toml:"profile" help:"AWS profile: \"audit\""`
	Region   string `toml:"region" help:"region to call AWS in: \"eu-west-1\""`
	Endpoint string `toml:"endpoint_url" help:"endpoint for every AWS service used"`
}

// configText is the page of the manual about config.toml.
func configText() string {
	var b strings.Builder
	b.WriteString("config.toml in the user's config directory (on Linux ~/.config/spoor) holds\ndefaults; flags go before it. A key that does not exist is an error, with line and\ncolumn. spoor never writes to it. Names of accounts are in accounts.toml beside it,\nthemes of your own in themes/.\n\n")
	configKeys(&b, reflect.TypeFor[config]())
	return b.String()
}

func configKeys(b *strings.Builder, t reflect.Type) {
	for i := range t.NumField() {
		f := t.Field(i)
		switch name := f.Tag.Get("toml"); f.Type.Kind() {
		case reflect.Struct:
			fmt.Fprintf(b, "\n  [%s]\n", name)
			configKeys(b, f.Type)
		case reflect.Map:
			fmt.Fprintf(b, "\n  [%s]\n  %s\n", name, f.Tag.Get("help"))
		default:
			fmt.Fprintf(b, "  %-14s%s\n", name, f.Tag.Get("help"))
		}
	}
}

// configDir is where config.toml, accounts.toml, user themes and shared queries live.
func configDir() string { return filepath.Join(xdg.ConfigHome, "spoor") }

// readConfig reads path, or the user's config.toml when path is empty; that one
// may be missing. A key that does not exist is an error with line and column.
func readConfig(path string) (config, error) {
	var c config
	explicit := path != ""
	if !explicit {
		path = filepath.Join(configDir(), "config.toml")
	}
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) && !explicit {
		return c, nil
	}
	if err != nil {
		return c, fmt.Errorf("read config: %w", err)
	}
	dec := toml.NewDecoder(bytes.NewReader(data)).DisallowUnknownFields()
	err = dec.Decode(&c)
	var strict *toml.StrictMissingError
	var syntax *toml.DecodeError
	switch {
	case errors.As(err, &strict) && len(strict.Errors) > 0:
		line, col := strict.Errors[0].Position()
		return c, usagef("%s:%d:%d: unknown key %q", path, line, col, strings.Join(strict.Errors[0].Key(), "."))
	case errors.As(err, &syntax):
		line, col := syntax.Position()
		return c, usagef("%s:%d:%d: %s", path, line, col, tomlWords(syntax))
	case err != nil:
		return c, usagef("%s: %v", path, err)
	}
	return c, nil
}

// tomlWords says what is wrong with a line in words of the file, not of this
// program.
func tomlWords(err *toml.DecodeError) string {
	said := strings.TrimPrefix(err.Error(), "toml: ")
	if key := strings.Join(err.Key(), "."); strings.Contains(said, "cannot decode") && key != "" {
		return key + " takes another kind of value; spoor help config shows one"
	}
	return said
}

// readAccounts reads the user's names of accounts, for all cases; there may be
// none.
func readAccounts() (query.Accounts, error) {
	path := filepath.Join(configDir(), "accounts.toml")
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read names of accounts: %w", err)
	}
	defer f.Close()
	names, err := query.ReadAccounts(f)
	if err != nil {
		return nil, usageError{fmt.Errorf("%s: %w", path, err), `each line is "ACCOUNT" = "name"`}
	}
	return names, nil
}

// prepare reads the configuration and fills in what no flag said.
func (a *app) prepare(cmd *cobra.Command) error {
	c, err := readConfig(a.flags.config)
	if err != nil {
		return err
	}
	a.config = c
	if a.accounts, err = readAccounts(); err != nil {
		return err
	}
	set := cmd.Flags().Changed
	fill := func(flag string, target *string, value string) {
		if value != "" && !set(flag) {
			*target = value
		}
	}
	fill("theme", &a.flags.theme, c.Theme)
	fill("tz", &a.flags.tz, c.TZ)
	fill("order", &a.flags.order, c.Order)
	fill("memory-limit", &a.flags.memory, c.MemoryLimit)
	fill("profile", &a.flags.aws.profile, c.AWS.Profile)
	fill("aws-region", &a.flags.aws.region, c.AWS.Region)
	fill("endpoint-url", &a.flags.aws.endpoint, c.AWS.Endpoint)
	a.zoneAsked = c.TZ != "" || set("tz")
	if len(c.Columns) > 0 && !set("columns") {
		a.flags.columns = c.Columns
	}
	if c.Jobs > 0 && !set("jobs") {
		a.flags.jobs = c.Jobs
	}
	a.flags.noColor = a.flags.noColor || c.NoColor
	if err := a.settle(); err != nil {
		return err
	}
	return a.checkForm(cmd)
}

// settle checks the flags that every command understands.
func (a *app) settle() (err error) {
	if a.zone, err = zone(a.flags.tz); err != nil {
		return err
	}
	if o := a.flags.order; o != "newest" && o != "oldest" {
		return usagef("--order: %q is neither newest nor oldest", o)
	}
	if a.flags.jobs < 0 {
		return usagef("--jobs: %d is not a number of workers; 0 lets spoor choose", a.flags.jobs)
	}
	for i, c := range a.flags.columns {
		a.flags.columns[i] = strings.TrimSpace(c)
	}
	if a.flags.limit < 0 {
		return usagef("--limit: %d is negative; 0 means no limit", a.flags.limit)
	}
	return a.settleFormat()
}
