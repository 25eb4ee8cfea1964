package detail

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"spoor/loader/cloudtrail"
	"spoor/query"
)

// shown are the derived facts, in the order a reader asks: when, who, what, how
// it ended, with what, from where.
var shown = []string{
	"time", "actor", "root", "event", "service", "resource", "outcome", "error", "message", "ip", "agent",
	"account", "caller", "region", "type", "principal", "key", "role", "sessionname", "session", "mfa", "category",
	"readonly", "bytesin", "bytesout", "mark", "note", "tag",
}

// nodes lays an event out as lines: facts, record, origin.
func nodes(e query.Event, zone *time.Location, accounts query.Accounts) []node {
	all := facts(e, zone, accounts)
	record, ok := tree(string(e.Record))
	all = append(all, head("Record as logged"))
	at := len(all) - 1
	if e.Lossy != "" {
		all[at].text = "reconstructed: " + e.Lossy
	}
	if !ok && len(record) > 0 {
		record = []node{{kind: str, depth: 1, item: -1, text: string(e.Record), end: 1}}
		all[at].text = "not valid JSON, shown as it is"
	}
	if len(record) > 0 && ok {
		record = record[1:] // the outermost object is the section itself
	}
	base := len(all)
	for _, n := range record {
		if n.depth == 0 {
			n.depth = 1
		}
		if ok {
			n.end--
		}
		n.end += base
		all = append(all, n)
	}
	all[at].end = len(all)
	return append(all, origin(e, len(all))...)
}

func head(title string) node { return node{kind: section, key: title, item: -1} }

// facts are the fields of the catalogue that the event has.
func facts(e query.Event, zone *time.Location, accounts query.Accounts) []node {
	list := []node{head("Event")}
	for _, name := range shown {
		v, ok := e.Fields[name]
		if !ok || v.Null || v.Text == "" {
			continue
		}
		n := node{kind: fact, depth: 1, key: name, item: -1, field: name, text: v.Text, end: len(list) + 1}
		if f, known := query.Lookup(name); known {
			n.key = f.Title
		}
		if name == "account" || name == "caller" {
			n.shown = accounts.Full(n.text)
		}
		if name == "time" && e.Row.Time != cloudtrail.NoTime {
			t := time.UnixMicro(e.Row.Time).In(zone)
			n.text = t.Format("Mon 2006-01-02 15:04:05.999999 MST")
		}
		list = append(list, n)
	}
	list[0].end = len(list)
	return list
}

// origin says where the record lies and what else speaks of it.
func origin(e query.Event, base int) []node {
	list := []node{head("Origin")}
	add := func(key, field, text string) {
		list = append(list, node{kind: fact, depth: 1, key: key, item: -1, field: field, text: text, end: base + len(list) + 1})
	}
	add("Object", "object", e.Object)
	add("Offset", "", fmt.Sprintf("%d, %d bytes", e.Offset, len(e.Record)))
	for _, f := range []struct{ name, title string }{{"id", "Event ID"}, {"verdict", "Verdict"}} {
		if v, ok := e.Fields[f.name]; ok && !v.Null {
			add(f.title, f.name, v.Text)
		}
	}
	add("Number in case", "", strconv.FormatInt(e.Row.Seq, 10))
	list[0].end = base + len(list)
	return list
}

// related lists the events that belong with the one shown; nothing when there are
// none.
func related(r query.Relatives, base int, zone *time.Location, accounts query.Accounts) []node {
	if len(r.Twins)+len(r.SameID) == 0 {
		return nil
	}
	list := []node{head("Related")}
	if r.More {
		list[0].text = "the first ones; filter by the id for all"
	}
	for _, kin := range []struct {
		key  string
		rows []query.Row
	}{{"Same call", r.Twins}, {"Same event ID", r.SameID}} {
		for _, row := range kin.rows {
			list = append(list, node{kind: fact, depth: 1, key: kin.key, item: -1, text: relative(row, zone, accounts), event: row.Seq, end: base + len(list) + 1})
		}
	}
	list[0].end = base + len(list)
	return list
}

// relative names an event in a line.
func relative(row query.Row, zone *time.Location, accounts query.Accounts) string {
	var words []string
	for i, name := range query.RelativeColumns {
		v := row.Values[i]
		switch {
		case v.Null:
		case name == "time" && row.Time != cloudtrail.NoTime:
			words = append(words, time.UnixMicro(row.Time).In(zone).Format(time.DateTime))
		case name == "account":
			words = append(words, accounts.Full(v.Text))
		default:
			words = append(words, v.Text)
		}
	}
	return strings.Join(words, "  ")
}
