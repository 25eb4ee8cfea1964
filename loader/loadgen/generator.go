package loadgen

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"
)

var regionNames = [...]string{
	"us-east-1", "eu-west-1", "eu-central-1", "us-west-2", "ap-southeast-2", "ap-northeast-1", "sa-east-1", "ca-central-1",
}

// A generator makes one object at a time.
type generator struct {
	opt    Options
	rng    *rand.Rand
	reads  []call
	writes []call
	pickR  zipf
	pickW  zipf
	slots  zipf
	cells  []*cell
	agents []string
	hosts  []string // addresses of people and machines

	left   int   // events still to make
	turn   int   // objects made
	window int64 // seconds of a time window
	now    int64 // unix seconds of the event at hand

	name     string
	buf      []byte
	inObject int
	sum      Summary
	who      map[string]struct{}
}

func newGenerator(o Options) *generator {
	o = o.withDefaults()
	g := &generator{opt: o, rng: rand.New(rand.NewPCG(o.Seed, 0x9e3779b97f4a7c15)), left: o.Events, who: map[string]struct{}{}}
	g.reads, g.writes = calls(readCalls), calls(writeCalls)
	g.pickR, g.pickW = newZipf(len(g.reads), 1.05), newZipf(len(g.writes), 0.9)
	g.slots = newZipf(slotsPerCell, 0.8)
	g.agents, g.hosts = g.makeAgents(), g.makeHosts()
	least, most := o.Shape.size()
	objects := max(1, 2*o.Events/(least+most))
	for a := range o.Accounts {
		acc := g.newAccount(a)
		for r := range o.Regions {
			g.cells = append(g.cells, g.newCell(acc, regionNames[r]))
		}
	}
	windows := (objects + len(g.cells) - 1) / len(g.cells)
	g.window = max(60, int64(o.Days)*86400/int64(windows))
	return g
}

// next makes the next object: cell after cell, window after window.
func (g *generator) next() bool {
	if g.left <= 0 {
		return false
	}
	c := g.cells[g.turn%len(g.cells)]
	start := g.opt.Start.Unix() + int64(g.turn/len(g.cells))*g.window
	least, most := g.opt.Shape.size()
	n := min(g.left, least+g.rng.IntN(most-least+1))
	g.buf = append(g.buf[:0], `{"Records":[`...)
	g.inObject = 0
	for i := 0; g.inObject < n; i++ {
		g.now = start + int64(g.inObject)*(g.window-1)/int64(n)
		g.event(c, n)
	}
	g.buf = append(g.buf, `]}`...)
	g.finish(c, start+g.window)
	return true
}

func (g *generator) finish(c *cell, delivered int64) {
	t := time.Unix(delivered, 0).UTC()
	g.name = fmt.Sprintf("AWSLogs/%s/CloudTrail/%s/%s/%s_CloudTrail_%s_%sZ_%s.json.gz",
		c.acc.id, c.region, t.Format("2006/01/02"), c.acc.id, c.region, t.Format("20060102T1504"), g.alnum(16))
	g.left -= g.inObject
	g.turn++
	day := t.Truncate(24 * time.Hour)
	if g.sum.Objects == 0 {
		g.sum.FirstDay = day
	}
	g.sum.LastDay = day
	g.sum.Objects++
	g.sum.Events += g.inObject
	g.sum.Text += int64(len(g.buf))
	g.sum.DistinctIdentities = len(g.who)
}

// event makes one event of an actor of the cell, after those that begin a new
// session of the actor and before those the call drags along, as long as the
// object has room for them.
func (g *generator) event(c *cell, room int) {
	s := c.slots[slotsPerCell-1-g.slots.pick(g.rng)]
	if g.now >= s.until && room-g.inObject < s.depth+2 {
		s = c.slots[0] // a user with a key needs no event to begin
	}
	g.refresh(c, s)
	reading := g.rng.IntN(100) < 85
	table, pick := g.writes, g.pickW
	if reading {
		table, pick = g.reads, g.pickR
	}
	k := &table[pick.pick(g.rng)]
	g.record(c, s, k)
	if k.encrypted && g.inObject < room && g.rng.IntN(3) == 0 {
		g.forwarded(c, s, k)
	}
}

// A zipf picks small numbers more often than great ones, by rank^-s.
type zipf struct{ upTo []float64 }

func newZipf(n int, s float64) zipf {
	z := zipf{upTo: make([]float64, n)}
	sum := 0.0
	for i := range n {
		sum += math.Pow(float64(i+1), -s)
		z.upTo[i] = sum
	}
	return z
}

func (z zipf) pick(rng *rand.Rand) int {
	x := rng.Float64() * z.upTo[len(z.upTo)-1]
	i, _ := slices.BinarySearch(z.upTo, x)
	return min(i, len(z.upTo)-1)
}
