package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"spoor/query"
	"spoor/query/store"
)

// shownBursts is how many lines of what a session did are printed for the eye.
const shownBursts = 200

// shownAgents is how many user agents are printed for the eye.
const shownAgents = 5

// printOneSession prints a session in full.
func (a *app) printOneSession(ctx context.Context, db *store.DB, id string) error {
	start := a.now()
	one, err := db.Session(ctx, id)
	if err != nil {
		return err
	}
	req := query.BurstRequest{Session: one.Session.ID}
	if a.flags.format == "table" {
		if req.N = shownBursts; a.flags.limit > 0 {
			req.N = int(a.flags.limit)
		}
	}
	did, err := db.Bursts(ctx, req)
	if err != nil {
		return err
	}
	a.timed(int64(len(did.Bursts)), start)
	return a.write(func(w io.Writer) error {
		switch a.flags.format {
		case "json", "ndjson":
			return a.encodeSession(w, one, did)
		case "csv":
			return a.burstsCSV(w, did)
		case "table":
			return a.describeSession(w, one, did)
		}
		return usageError{fmt.Errorf("--format: a session can't be written as %s", a.flags.format), "use json or csv"}
	})
}

type jsonBurst struct {
	Time     string `json:"time"`
	Until    string `json:"until"`
	Count    int64  `json:"count"`
	Service  string `json:"service"`
	Event    string `json:"event"`
	Outcome  string `json:"outcome"`
	Error    string `json:"error,omitempty"`
	Via      string `json:"via,omitempty"`
	Resource string `json:"resource,omitempty"`
	SourceIP string `json:"source_ip"`
	Region   string `json:"region"`
}

type jsonTree struct {
	Session  string       `json:"session"`
	Actor    string       `json:"actor"`
	Events   int64        `json:"events"`
	Maybe    bool         `json:"maybe,omitempty"`
	Why      string       `json:"why,omitempty"` // how it was reached without credentials being given out
	Issued   []jsonIssued `json:"issued,omitempty"`
	Children []jsonTree   `json:"children,omitempty"`
}

type jsonStart struct {
	Time    string `json:"time"`
	Event   string `json:"event"`
	Actor   string `json:"actor"`
	Session string `json:"session"`
}

type jsonIssued struct {
	Key   string `json:"key,omitempty"`
	Call  string `json:"call"`
	For   string `json:"for,omitempty"`
	Event string `json:"event"`
	Used  bool   `json:"used"`
}

// encodeSession writes the session as the list of one that sessions --format
// json is, with its chain, its tree and what it did added.
func (a *app) encodeSession(w io.Writer, one query.SessionChain, did query.BurstPage) error {
	base, err := json.Marshal(one.Session)
	if err != nil {
		return err
	}
	more := struct {
		Chain []query.Session `json:"chain"`
		Start []jsonStart     `json:"instance_started_by"`
		Tree  jsonTree        `json:"tree"`
		Did   []jsonBurst     `json:"did"`
	}{full(one.Up), []jsonStart{}, treeJSON(one.Down), []jsonBurst{}}
	for _, st := range one.Started {
		more.Start = append(more.Start, jsonStart{a.stamp(st.Time), st.Event, st.Actor, st.Session})
	}
	for _, b := range did.Bursts {
		more.Did = append(more.Did, a.burstJSON(b))
	}
	rest, err := json.Marshal(more)
	if err != nil {
		return err
	}
	// Two objects as one: the session's own fields, then what is added.
	_, err = fmt.Fprintf(w, "[%s,%s]\n", base[:len(base)-1], rest[1:])
	return err
}

func (a *app) burstJSON(b query.Burst) jsonBurst {
	return jsonBurst{a.stamp(b.First), a.stamp(b.Last), b.Count, b.Service, b.Event, outcomeWord(b.Outcome), b.Error, b.Via, b.Resource, b.IP, b.Region}
}

func treeJSON(t query.SessionTree) jsonTree {
	out := jsonTree{Session: t.Session.ID, Actor: t.Session.Actor, Events: t.Session.Events, Maybe: t.Maybe, Why: t.Why}
	for _, i := range t.Issued {
		out.Issued = append(out.Issued, jsonIssued{i.Key, i.Call, i.For, i.Event, i.Used})
	}
	for _, c := range t.Children {
		out.Children = append(out.Children, treeJSON(c))
	}
	return out
}

func (a *app) burstsCSV(w io.Writer, did query.BurstPage) error {
	rows := a.newCSV(w, "time", "until", "count", "service", "event", "outcome", "error", "via", "resource", "source_ip", "region")
	for _, b := range did.Bursts {
		j := a.burstJSON(b)
		if err := rows.Write(csvRow(j.Time, j.Until, fmt.Sprint(j.Count), j.Service, j.Event, j.Outcome, j.Error, j.Via, j.Resource, j.SourceIP, j.Region)); err != nil {
			return err
		}
	}
	return rows.Flush()
}

// describeSession prints a session for the eye.
func (a *app) describeSession(w io.Writer, one query.SessionChain, did query.BurstPage) error {
	var b strings.Builder
	s := one.Session
	line := func(label, format string, args ...any) {
		fmt.Fprintf(&b, "%-9s %s\n", label, cleanLines(fmt.Sprintf(format, args...)))
	}
	line("session", "%s  %s", s.ID, s.Kind)
	line("who", "%s  %s", s.Actor, s.Principal)
	line("root", "%s%s: %s", s.RootActor, sure(s), s.Reason)
	line("when", "%s to %s (%s)", a.clock(s.Start), a.clock(s.End), lasted(s.Start, s.End))
	line("from", "%s", strings.Join(s.SourceIPs, ", "))
	programs := s.Programs()
	for i, p := range programs {
		if i == shownAgents {
			line("", "and %d other programs", len(programs)-i)
			break
		}
		like := ""
		if p.More > 0 {
			like = fmt.Sprintf("%d like it: ", p.More+1)
		}
		line(map[bool]string{true: "with"}[i == 0], "%s%s", like, p.Agent)
	}
	if len(s.AccessKeys) > 0 {
		line("keys", "%s", strings.Join(s.AccessKeys, " "))
	}
	if s.MFA != "" {
		line("MFA", "%s", s.MFA)
	}
	line("did", "%s: %s, %s failed of which %s denied, %s by services in its name", query.Counted(s.Events, "event"), query.Counted(s.Writes, "write"), number(s.Errors), number(s.Denied), number(s.Forwarded))
	for _, r := range s.Risks {
		line("sign", "%s: %s", r.Sign, r.Detail)
	}
	a.describeChain(&b, one)
	if len(one.Down.Children)+len(one.Down.Issued) > 0 {
		fmt.Fprintf(&b, "\nwhat came of it\n")
		a.describeTree(&b, one.Down, 1)
	}
	fmt.Fprintf(&b, "\nwhat it did\n")
	if _, err := io.WriteString(w, b.String()); err != nil {
		return err
	}
	return a.printBursts(w, did)
}

func (a *app) describeChain(b *strings.Builder, one query.SessionChain) {
	fmt.Fprintf(b, "\nwhere it came from\n")
	at := one.Session
	for _, up := range one.Up {
		l := at.Link
		fmt.Fprintf(b, "  %s\n", cleanLines(fmt.Sprintf("%s  %s at %s by %s: %s (%s), event %s", up.ID, cmp.Or(l.Call, "a call"), a.clock(l.Time), up.Actor, l.Reason, l.Confidence, l.Event)))
		at = up
	}
	if at.Link == nil && len(at.Candidates) > 1 {
		for _, c := range at.Candidates {
			fmt.Fprintf(b, "  %s\n", cleanLines(fmt.Sprintf("perhaps %s  %s at %s: %s, event %s", c.Parent, c.Call, a.clock(c.Time), c.Reason, c.Event)))
		}
	}
	for _, st := range one.Started {
		fmt.Fprintf(b, "  %s\n", cleanLines(fmt.Sprintf("%s  the instance by %s of %s at %s", st.Session, st.Event, st.Actor, a.clock(st.Time))))
	}
	fmt.Fprintf(b, "  %s\n", cleanLines(one.Session.RootActor+": "+one.Session.Reason))
}

func (a *app) describeTree(b *strings.Builder, t query.SessionTree, depth int) {
	indent := strings.Repeat("  ", depth)
	for _, i := range t.Issued {
		if i.Used {
			continue // its session follows
		}
		key := i.Key
		if key == "" {
			key = "credentials"
		}
		fmt.Fprintf(b, "%s%s\n", indent, cleanLines(fmt.Sprintf("%s for %s at %s: %s, not used in these logs", i.Call, i.For, a.clock(i.Time), key)))
	}
	for _, c := range t.Children {
		maybe := ""
		if c.Maybe {
			maybe = "perhaps "
		}
		why := ""
		if c.Why != "" {
			why = "  " + c.Why
		}
		fmt.Fprintf(b, "%s%s\n", indent, cleanLines(fmt.Sprintf("%s%s  %s  %s%s", maybe, c.Session.ID, c.Session.Actor, query.Counted(c.Session.Events, "event"), why)))
		a.describeTree(b, c, depth+1)
	}
}

func (a *app) printBursts(w io.Writer, did query.BurstPage) error {
	t := newTable(w, a.tableWidth(), "time", "service", "event", "outcome", "from", "resource")
	for _, b := range did.Bursts {
		event := b.Event
		if b.Count > 1 {
			event = fmt.Sprintf("%s ×%s in %s", b.Event, number(b.Count), lasted(b.First, b.Last))
		}
		if b.Via != "" {
			event += " via " + strings.TrimSuffix(b.Via, ".amazonaws.com")
		}
		if err := t.add(a.clock(b.First), b.Service, event, outcomeWord(b.Outcome), b.IP, b.Resource); err != nil {
			return err
		}
	}
	if err := t.flush(); err != nil {
		return err
	}
	if did.More {
		fmt.Fprintf(a.errw, "the first %s lines of what it did; --limit N or --format json gives more\n", number(len(did.Bursts)))
	}
	return nil
}
