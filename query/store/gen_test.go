package store

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/zeebo/xxh3"

	"spoor/loader"
	"spoor/loader/change"
	"spoor/loader/cloudtrail"
)

// A generator makes objects of plausible events, the same for the same seed.
type generator struct {
	r      *rand.Rand
	start  time.Time
	people []*cloudtrail.Identity
	n      int // events made
	object int
}

func newGenerator(seed uint64) *generator {
	g := &generator{r: rand.New(rand.NewPCG(seed, 1)), start: time.Date(2024, 5, 1, 0, 0, 0, 0, time.UTC)}
	for i := range 300 {
		raw := fmt.Sprintf(`{"type":"AssumedRole","principalId":"AROA%d:user%d","accountId":"1111222233%02d"}`, i, i, i%7)
		h := xxh3.HashString128(raw)
		g.people = append(g.people, &cloudtrail.Identity{Hash: [2]uint64{h.Hi, h.Lo}, Raw: raw, Type: "AssumedRole",
			PrincipalID: fmt.Sprintf("AROA%d:user%d", i, i), ARN: fmt.Sprintf("arn:aws:sts::1111222233%02d:assumed-role/Role%d/user%d", i%7, i%40, i),
			Account: fmt.Sprintf("1111222233%02d", i%7), AccessKey: fmt.Sprintf("ASIA%016d", i), Role: fmt.Sprintf("Role%d", i%40),
			SessionName: fmt.Sprintf("user%d", i), Actor: fmt.Sprintf("user%d", i), Kind: cloudtrail.KindPerson, Created: cloudtrail.NoTime})
	}
	return g
}

// skewed picks small numbers more often.
func (g *generator) skewed(n int) int {
	return int(float64(n) * g.r.Float64() * g.r.Float64() * g.r.Float64())
}

// object makes an object of n events.
func (g *generator) next(n int) loader.Loaded {
	var b strings.Builder
	b.WriteString(`{"Records":[`)
	events := make([]loader.Event, n)
	type at struct{ off, n int }
	spans := make([]at, n)
	for i := range n {
		e := g.event()
		if i > 0 {
			b.WriteByte(',')
		}
		off := b.Len()
		fmt.Fprintf(&b, `{"eventVersion":"1.08","userIdentity":%s,"eventTime":"%s","eventSource":"%s","eventName":"%s","awsRegion":"%s","sourceIPAddress":"%s","userAgent":"%s","requestParameters":{"name":"thing-%d"},"eventID":"%s","recipientAccountId":"%s"}`,
			e.Who.Raw, time.UnixMicro(e.Time).UTC().Format(time.RFC3339), e.Source, e.Name, e.Region, e.SourceIP, e.UserAgent, g.n, e.ID, e.Account)
		spans[i] = at{off, b.Len() - off}
		events[i] = e
		g.n++
	}
	b.WriteString(`]}`)
	g.object++
	return pack1(fmt.Sprintf("/logs/2024/05/%06d.json.gz", g.object), b.String(), events, func(i int) (int, int) { return spans[i].off, spans[i].n })
}

// pack1 makes a Loaded of a text and its events.
func pack1(name, text string, events []loader.Event, at func(int) (int, int)) loader.Loaded {
	for i := range events {
		off, n := at(i)
		events[i].Span = cloudtrail.Span{Off: uint32(off), Len: uint32(n)}
	}
	var z bytes.Buffer
	w, _ := gzip.NewWriterLevel(&z, gzip.BestSpeed)
	_, _ = w.Write([]byte(text))
	_ = w.Close()
	return loader.Loaded{
		Object:  loader.Object{Name: name, Size: int64(z.Len()), ModTime: time.Unix(1714521600, 0).UTC()},
		Outcome: loader.Done, Carrier: "Records", Delivered: z.Bytes(), Text: text, SHA256: sha256.Sum256([]byte(text)),
		Unpacked: int64(len(text)), Events: events,
	}
}

func (g *generator) event() loader.Event {
	source := g.skewed(40)
	e := cloudtrail.Event{
		ID:     guidText(g.r.Uint64(), g.r.Uint64()),
		Time:   g.start.Add(time.Duration(g.n/3+g.r.IntN(300)) * time.Second).UnixMicro(),
		Source: fmt.Sprintf("svc%d.amazonaws.com", source), Name: fmt.Sprintf("Describe%d", source*20+g.skewed(20)),
		Region: fmt.Sprintf("eu-west-%d", g.skewed(8)), SourceIP: fmt.Sprintf("203.0.%d.%d", g.skewed(4), g.skewed(250)),
		UserAgent: fmt.Sprintf("aws-cli/2.%d", g.skewed(60)), EventType: "AwsApiCall", ReadOnly: g.r.IntN(4) > 0,
		BytesIn: cloudtrail.NoBytes, BytesOut: cloudtrail.NoBytes, Who: g.people[g.skewed(len(g.people))], Anchor: cloudtrail.AnchorKey,
	}
	e.Account = e.Who.Account
	out := loader.Event{Event: e}
	if g.r.IntN(20) == 0 {
		out.ErrorCode, out.Outcome, out.ErrorMessage = "AccessDenied", cloudtrail.Denied, fmt.Sprintf("User %d is not authorized", g.skewed(1000))
	}
	if !e.ReadOnly && g.r.IntN(3) == 0 {
		out.Change = &change.Change{ResourceType: "AWS::EC2::Instance", Resources: []string{fmt.Sprintf("i-%08d", g.skewed(5000))}, Summary: "started it"}
	}
	return out
}
