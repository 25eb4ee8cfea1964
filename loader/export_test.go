package loader

import (
	"errors"
	"strings"

	"spoor/loader/cloudtrail"
)

// Lines returns options with a decoder for tests: each line is an event, its
// text the ID.
func Lines() Options {
	return Options{decode: func() decodeFunc { return lines }}
}

func lines(text string, emit func(*cloudtrail.Event) error) (decoded, error) {
	if strings.HasPrefix(text, "not") {
		return decoded{skip: "not a log"}, nil
	}
	if strings.HasPrefix(text, "panic") {
		panic(text)
	}
	for line := range strings.Lines(text) {
		id := strings.TrimSuffix(line, "\n")
		if id == "bad" {
			return decoded{}, errors.New("decode: bad line")
		}
		if err := emit(&cloudtrail.Event{ID: id}); err != nil {
			return decoded{}, err
		}
	}
	return decoded{carrier: "lines"}, nil
}
