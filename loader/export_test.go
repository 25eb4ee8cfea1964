package loader

import (
	"errors"
	"strings"

	"spoor/loader/cloudtrail"
)

// Lines returns options with a decoder for tests: each line is an event, its
// text the ID.
func Lines() Options {
	return Poisoned(Options{decode: func() decodeFunc { return lines }})
}

// Poisoned returns options that spoil each text when the sink has had it.
func Poisoned(opt Options) Options {
	opt.poison = true
	return opt
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
