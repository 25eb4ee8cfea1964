// Command make writes the built-in example again, from its story.
package main

import (
	"log"
	"os"

	"spoor/testdata/demo/incident"
)

func main() {
	data, err := incident.Build()
	if err != nil {
		log.Fatal(err)
	}
	if err := os.WriteFile("testdata/demo/demo.zip", data, 0o644); err != nil {
		log.Fatal(err)
	}
}
