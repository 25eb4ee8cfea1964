package main

import (
	"bytes"
	"testing"

	"spoor/testdata/demo"
	"spoor/testdata/demo/incident"
)

// The archive in the tree is what the story makes.
func TestDemoIsItsStory(t *testing.T) {
	t.Parallel()
	built, err := incident.Build()
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(built, demo.Zip) {
		t.Error("testdata/demo/demo.zip is not what its story makes: go run ./testdata/demo/incident/make")
	}
}
