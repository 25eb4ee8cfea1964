package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"spoor/loader"
	"spoor/loader/disk"
	"spoor/loader/s3"
	"spoor/testdata/demo"
)

// demoSource is the name under which the built-in example loads, demoFile what its
// objects lie in.
const demoSource, demoFile = "demo:", "demo.zip"

// nameOf is the name by which a source can be opened again.
func nameOf(s loader.Source) string {
	if s.String() == demoFile {
		return demoSource
	}
	return s.String()
}

// sourceHint says what can be opened.
const sourceHint = "a source is a file, a folder, a glob, an archive, - or s3://bucket/prefix"

// openSources turns SOURCE operands into sources. Nothing is read yet but what
// it takes to tell that a path exists.
func (a *app) openSources(ctx context.Context, names []string) ([]loader.Source, error) {
	var sources []loader.Source
	for _, name := range names {
		s, err := a.openSource(ctx, name)
		if err != nil {
			return nil, err
		}
		sources = append(sources, s)
	}
	return sources, nil
}

func (a *app) openSource(ctx context.Context, name string) (loader.Source, error) {
	switch {
	case name == demoSource:
		return disk.Zip(demoFile, demo.Zip)
	case name == "-":
		return disk.Stdin(a.in, a.now()), nil
	case strings.HasPrefix(name, "s3://"):
		return a.openBucket(ctx, name)
	case strings.Contains(name, "://"):
		return nil, usageError{fmt.Errorf("cannot read %s", name), sourceHint}
	}
	s, err := disk.Open(name, disk.Options{Link: a.flags.link})
	if name+":" == demoSource && errors.Is(err, fs.ErrNotExist) {
		return nil, usageError{err, "the built-in example is the source " + demoSource}
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil, hinted{err, sourceHint}
	}
	return s, err
}

// openBucket opens an s3:// source. A second factor is asked for now, while the
// terminal is still a line-by-line one.
func (a *app) openBucket(ctx context.Context, name string) (loader.Source, error) {
	src, err := s3.Open(ctx, name, a.s3Options())
	if err != nil {
		return nil, err
	}
	return src, src.SignIn(ctx)
}

func (a *app) s3Options() s3.Options {
	f := a.flags.aws
	return s3.Options{
		Profile: f.profile, Region: f.region, Endpoint: f.endpoint, RequesterPays: f.requesterPays, Anonymous: f.anonymous,
		RoleARN: f.roleARN, ExternalID: f.externalID, MFASerial: f.mfaSerial, MFAToken: a.askMFA, Version: versionInfo().Version,
	}
}

func (a *app) askMFA(serial string) (string, error) {
	fmt.Fprintf(a.errw, "MFA code for %s: ", cleanLines(serial))
	line, err := bufio.NewReader(a.in).ReadString('\n')
	if code := strings.TrimSpace(line); code != "" {
		return code, nil
	}
	return "", fmt.Errorf("no MFA code was entered: %w", err)
}
