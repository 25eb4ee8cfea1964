package cloudtrail

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// One decoder reads records in which each value that is remembered is followed by
// others that begin or end alike, and says what new decoders say.
func TestRemembersNothingWrong(t *testing.T) {
	t.Parallel()
	values := []string{`"a"`, `"aaaaaaaaaaaaaaaaaaaaaaaaaaaa"`, `"aaaaaaaaaaaaaaaaaaaaaaaaaaaab"`, `"aaaaaaaaaaaaaaaaaaaaaaaaaaaa\""`, `"aaaaaaaaaaaaaaaaaaaaaaaaaaaa\u0041"`,
		`"é"`, `null`, `""`, `{"a":1}`, `12`, `"` + strings.Repeat("long", 200) + `"`}
	var texts []string
	for range 3 {
		for i := range values {
			at := func(n int) string { return values[(i*n+n)%len(values)] }
			texts = append(texts, fmt.Sprintf(`{"eventVersion":%s,"userIdentity":{"type":"Root"},"eventTime":"2026-03-02T18:00:00Z","eventSource":%s,"eventName":"N","awsRegion":%s,`+
				`"sourceIPAddress":%s,"userAgent":%s,"errorCode":%s,"eventID":"1","eventType":%s,"recipientAccountId":%s,"vpcEndpointId":%s,"eventCategory":%s,`+
				`"tlsDetails":{"tlsVersion":"TLSv1.3","cipherSuite":"TLS_AES_128_GCM_SHA256","clientProvidedHostHeader":%s},"requestID":"%s"}`,
				at(1), at(2), at(3), at(4), at(5), at(6), at(7), at(8), at(9), at(10), at(1), strings.Repeat("r", 200)))
		}
	}
	var d Decoder
	remembered := 0
	for _, text := range texts {
		want, _ := decodeAll(t, &Decoder{noFast: true}, text)
		got, _ := decodeAll(t, &d, text)
		if diff := cmp.Diff(want, got); diff != "" || len(got) != 1 {
			t.Fatalf("%s\nafresh -, remembering +:\n%s", text, diff)
		}
	}
	for i := range d.memory {
		if d.memory[i].text != "" {
			remembered++
		}
	}
	if remembered < 10 {
		t.Errorf("%d values are remembered: the test tests nothing", remembered)
	}
}

// Byte counts are the same, whether they are read at a glance or member by member.
func TestPlainCounts(t *testing.T) {
	t.Parallel()
	for object, plain := range map[string]bool{
		`{"bytesTransferredIn":0,"x":"y","bytesTransferredOut":97789}`:                    true,
		`{"bytesTransferredOut":1234567890123456789,"bytesTransferredIn":7}`:              false,
		`{"bytesTransferredOut":123456789012345678,"bytesTransferredIn":7}`:               true,
		`{"bytesTransferredIn":1.5,"bytesTransferredOut":2}`:                              false,
		`{"bytesTransferredIn":"1","bytesTransferredOut":2}`:                              false,
		`{"bytesTransferredIn":1,"bytesTransferredOut":2,"bytesTransferredIn":3}`:         false,
		`{"x":{"bytesTransferredIn":1},"bytesTransferredOut":2}`:                          false,
		`{"x":"\"bytesTransferredIn\":1","bytesTransferredIn":4,"bytesTransferredOut":2}`: false,
		`{"megabytesTransferredIn":1,"bytesTransferredOut":2}`:                            false,
		`{"BytesTransferredIn":1,"bytesTransferredOut":2}`:                                false,
		`{"bytesTransferredIn":1 ,"bytesTransferredOut":2}`:                               false,
		`{}`: false,
	} {
		e := Event{Additional: object, Category: Data, BytesIn: NoBytes, BytesOut: NoBytes}
		if got := e.plainCounts(); got != plain {
			t.Errorf("%s: at a glance is %v", object, got)
		}
		in, out := NoBytes, NoBytes
		for c := newCursor(object); ; {
			key, v, ok := c.next()
			if !ok {
				break
			}
			switch {
			case strings.EqualFold(key, "bytesTransferredIn"):
				in = byteCount(plainText(v))
			case strings.EqualFold(key, "bytesTransferredOut"):
				out = byteCount(plainText(v))
			}
		}
		if e.deriveAdditional(); e.BytesIn != in || e.BytesOut != out {
			t.Errorf("%s: %d and %d, want %d and %d", object, e.BytesIn, e.BytesOut, in, out)
		}
	}
}
