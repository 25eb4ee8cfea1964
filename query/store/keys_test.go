package store

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"spoor/loader"
)

// Keys are read from the case once, those of hours that follow with them, and again
// only after others took their room; never those that a batch is at work on. Of hours
// that the case has nothing of nothing is read.
func TestHoursOfKeysAreDropped(t *testing.T) {
	t.Parallel()
	k, from := newKnown(), &someKeys{stored: map[int64]int{1: 1, 2: 1, 4: 1, 7: keysAhead, 8: 2, noHour: 1}}
	ask := func(hours ...int64) {
		t.Helper()
		k.turn++
		for _, hour := range hours {
			if _, err := k.hour(hour, from); err != nil {
				t.Fatal(err)
			}
		}
	}
	ask(1, 2, 1, 5)
	ask(4, 7)
	ask(noHour)
	if want := []string{"1-4", "7-7", fmt.Sprint(int64(noHour), "-", int64(noHour))}; !slices.Equal(from.reads, want) {
		t.Errorf("read %q, want %q", from.reads, want)
	}
	ask(2)
	k.total += keyBudget
	k.trim()
	k.total -= keyBudget
	if len(k.hours) != 1 || k.total != 1 {
		t.Errorf("%d hours with %d keys are left, want the last one", len(k.hours), k.total)
	}
	from.reads = nil
	ask(2, 1)
	if want := []string{"1-1"}; !slices.Equal(from.reads, want) {
		t.Errorf("read %q, want %q", from.reads, want)
	}
	ask(3)
	if _, isNew, err := k.put(3, eventKey{3, 3}, 1, 9, from); !isNew || err != nil || k.stored[3] != 1 {
		t.Errorf("a new key: %v %v, %d of the hour", isNew, err, k.stored[3])
	}
}

// someKeys is a case with as many different keys an hour as stored says.
type someKeys struct {
	stored map[int64]int
	reads  []string
}

func (s *someKeys) hours() (map[int64]int, error) { return maps.Clone(s.stored), nil }

func (s *someKeys) keys(first, last int64, take func(hour int64, key eventKey, says content, seq int64)) error {
	s.reads = append(s.reads, fmt.Sprint(first, "-", last))
	for hour, n := range s.stored {
		for i := 0; hour >= first && hour <= last && i < n; i++ {
			take(hour, eventKey{uint64(hour), uint64(i)}, 1, int64(i+1))
		}
	}
	return nil
}

func TestHourOf(t *testing.T) {
	t.Parallel()
	for at, want := range map[int64]int64{0: 0, hourMicros - 1: 0, hourMicros: 1, -1: -1, -hourMicros: -1, -hourMicros - 1: -2, noTime: noHour} {
		if got := hourOf(at); got != want {
			t.Errorf("%d µs are of hour %d, want %d", at, got, want)
		}
	}
}

// Records of one ID, account, time, service and name that say different things are
// all kept and shown together, whichever comes first; the same record in another
// carrier's writing, or less of it, is no other event. It is the same with keys read
// back.
func TestRecordsOfOneIDThatDiffer(t *testing.T) {
	t.Parallel()
	const record = `{"eventVersion":"1.08","userIdentity":{"type":"IAMUser","principalId":"AIDA1","arn":"arn:aws:iam::111111111111:user/%s","accountId":"111111111111","accessKeyId":"AKIA1","userName":"%[1]s"},` +
		`"eventTime":"2024-05-02T03:04:05Z","eventSource":"iam.amazonaws.com","eventName":"CreateAccessKey","awsRegion":"us-east-1","sourceIPAddress":"%s","userAgent":"cli",` +
		`"requestParameters":{"userName":"%s"},"responseElements":{"accessKey":{"accessKeyId":"%s","userName":"%[3]s","status":"Active"}},` +
		`"eventID":"11111111-2222-3333-4444-555555555555","recipientAccountId":"111111111111","eventType":"AwsApiCall"}`
	const other = `{ "recipientAccountId": "111111111111", "p_source": "bucket", "eventID": "11111111-2222-3333-4444-555555555555", "eventName": "CreateAccessKey", "eventSource": "iam.amazonaws.com",
		"eventTime": "2024-05-02T03:04:05.000Z", "awsRegion": "us-east-1", "userAgent": "cli", "sourceIPAddress": "203.0.113.9", "requestParameters": {"userName": "bob"},
		"responseElements": {"accessKey": {"userName": "bob", "accessKeyId": "AKIAISSUED0000000001"}}, "userIdentity": {"userName": "alice", "accessKeyId": "AKIA1",
		"accountId": "111111111111", "arn": "arn:aws:iam::111111111111:user/alice", "principalId": "AIDA1", "type": "IAMUser"}}`
	const athena = `"eventid","eventtime","eventsource","eventname","recipientaccountid"
"11111111-2222-3333-4444-555555555555","2024-05-02T03:04:05Z","iam.amazonaws.com","CreateAccessKey","111111111111"
`
	tell := func(who, ip, target, key string) string { return fmt.Sprintf(record, who, ip, target, key) }
	delivered := tell("alice", "203.0.113.9", "bob", "AKIAISSUED0000000001")
	differing := []string{
		tell("mallory", "203.0.113.9", "bob", "AKIAISSUED0000000001"),
		tell("alice", "198.51.100.7", "bob", "AKIAISSUED0000000001"),
		tell("alice", "203.0.113.9", "carol", "AKIAISSUED0000000001"),
		tell("alice", "203.0.113.9", "bob", "AKIAISSUED0000000002"),
		strings.Replace(delivered, `"eventID"`, `"sharedEventID":"22222222-2222-3333-4444-555555555555","eventID"`, 1),
		strings.Replace(delivered, `"type":"IAMUser"`, `"type":"IAMUser","sessionContext":{"sessionIssuer":{"arn":"arn:aws:iam::111111111111:role/r"}}`, 1),
		strings.Replace(delivered, `"type":"IAMUser"`, `"type":"IAMUser","inScopeOf":{"credentialsIssuedTo":"arn:aws:lambda:eu-west-1:111111111111:function:f"}`, 1),
	}
	for _, forgetful := range []bool{false, true} {
		db := newCase(t)
		put := func(name, text string) loader.Stored {
			t.Helper()
			if forgetful {
				db.known.forget()
			}
			return load(t, db, decoded(t, loader.Loaded{Object: loader.Object{Name: name, Size: int64(len(text))}, Outcome: loader.Done, Delivered: []byte(text), Text: text, Unpacked: int64(len(text))}))
		}
		for i, text := range append(differing, delivered) {
			if s := put(fmt.Sprint("first", i), text); s.Events != 1 || s.Duplicates != 0 {
				t.Errorf("record %d: %+v", i, s)
			}
			if s := put(fmt.Sprint("again", i), " "+text); s.Events != 0 || s.Duplicates != 1 {
				t.Errorf("record %d again: %+v", i, s)
			}
		}
		if s := put("carrier", other); s.Events != 0 || s.Duplicates != 1 {
			t.Errorf("record in other writing: %+v", s)
		}
		if s := put("converted", athena); s.Events != 0 || s.Duplicates != 1 {
			t.Errorf("row of an export: %+v", s)
		}
		r, err := db.Relatives(t.Context(), 1)
		if err != nil || len(r.SameID) != len(differing) {
			t.Errorf("%d other events of the ID, want %d (%v)", len(r.SameID), len(differing), err)
		}
	}
}

// Whatever a table of keys holds, it finds again: few keys of many contents too.
func TestKeysOfManyContents(t *testing.T) {
	t.Parallel()
	var table keyTable
	const keys, contents = 3, 20_000
	for range 2 {
		for i := range uint64(keys * contents) {
			key, says := eventKey{1, i % keys}, content(i/keys<<1|1)
			if seq, _ := table.put(key, says, int64(i+1)); seq != int64(i+1) {
				t.Fatalf("content %d of key %d is of event %d", says, key.lo, seq)
			}
		}
		if table.n != keys*contents {
			t.Fatalf("%d entries, want %d", table.n, keys*contents)
		}
	}
	if _, isNew := table.put(eventKey{1, 2}, anyContent, 1); isNew {
		t.Error("a converted record is another event")
	}
}
