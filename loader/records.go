package loader

import (
	"strings"

	"spoor/loader/cloudtrail"
)

// decoded is what a decoder says of a text besides its events.
type decoded struct {
	carrier string
	skip    string // why there is no event in it, "" when there is
	fail    string // what is broken, when that is why there is none
	digest  bool
	invalid int
	notes   []string
}

// A decodeFunc calls emit for each record of a text.
type decodeFunc func(text string, emit func(*cloudtrail.Event) error) (decoded, error)

// newDecode returns the decoder of one worker.
func newDecode() decodeFunc {
	d := new(cloudtrail.Decoder)
	return func(text string, emit func(*cloudtrail.Event) error) (decoded, error) {
		res, err := d.Decode(text, emit)
		out := decoded{carrier: res.Carrier, skip: res.Skip, digest: res.Digest, invalid: res.Invalid}
		for _, p := range res.Problems {
			out.notes = append(out.notes, p.String())
		}
		// Broken JSON may be a log that was damaged; other text never was one.
		if res.Skip != "" && res.Invalid > 0 && looksJSON(text) {
			out.skip, out.fail = "", res.Skip
		}
		return out, err
	}
}

func looksJSON(text string) bool {
	text = strings.TrimLeft(text[:min(len(text), 4096)], " \t\r\n")
	return strings.HasPrefix(text, "{") || strings.HasPrefix(text, "[")
}
