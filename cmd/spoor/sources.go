package main

import (
	"context"
	"fmt"
	"strings"

	"spoor/loader"
	"spoor/loader/disk"
	"spoor/testdata/demo"
)

// demoSource is the name under which the built-in example loads.
const demoSource = "demo:"

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

func (a *app) openSource(_ context.Context, name string) (loader.Source, error) {
	switch {
	case name == demoSource:
		return disk.Zip("demo.zip", demo.Zip)
	case name == "-":
		return disk.Stdin(a.in, a.now()), nil
	case strings.Contains(name, "://"):
		return nil, usageError{fmt.Errorf("cannot read %s", name), "a source is a file, a folder, a glob, an archive, - or s3://bucket/prefix"}
	}
	return disk.Open(name, disk.Options{Link: a.flags.link})
}
