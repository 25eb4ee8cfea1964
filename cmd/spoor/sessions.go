package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"spoor/loader/cloudtrail"
	"spoor/query"
	"spoor/query/session"
	"spoor/query/store"
	"spoor/ui/pane"
)

// resolveMemory is what the database may use for a command that works sessions out,
// in bytes. That reads all events once, so to keep them in memory is no use; the
// screen, which asks again and again, has what store.Options says.
const resolveMemory = 192 << 20

// resolve prepares for a command that works sessions out. What it returns ends that.
func (a *app) resolve() (end func()) {
	a.memory = resolveMemory
	return a.collect(resolveHeap)
}

func sessionsCommand(a *app) *cobra.Command {
	var id, with, idle, sort, sign string
	var radius bool
	cmd := &cobra.Command{
		Use:   "sessions [FILTER]",
		Short: "sessions and chains",
		Long:  sessionsTopic,
		Example: `  spoor sessions
  spoor sessions --sort user actor:alice
  spoor sessions --sign "no MFA" --format json
  spoor sessions --id 9f8af218b7777c82
  spoor sessions --id 9f8a --with d7c5
  spoor sessions --radius key:AKIAIOSFODNN7EXAMPLE
  spoor sessions --from ./logs --idle 15m outcome:denied`,
		GroupID: "ask",
		RunE: func(cmd *cobra.Command, args []string) error {
			req, err := a.sessionRequest(args, idle, sort, sign)
			if err == nil {
				err = a.fitting(id, with, radius)
			}
			if err != nil {
				return err
			}
			defer a.resolve()()
			db, err := a.readingCase(cmd.Context())
			if err != nil {
				return err
			}
			defer a.release(db)
			if err := db.Resolve(cmd.Context(), req.Idle); err != nil {
				return err
			}
			switch {
			case radius:
				_, err := a.printRadius(cmd.Context(), db, req.Filter)
				return err
			case id != "" && with != "":
				return a.printContrast(cmd.Context(), db, id, with)
			case id != "":
				return a.printOneSession(cmd.Context(), db, id)
			}
			_, err = a.printSessions(cmd.Context(), db, req)
			return err
		},
	}
	cmd.Flags().StringVar(&id, "id", "", "show this one session in full: its chain, what came of it, what it did")
	cmd.Flags().StringVar(&with, "with", "", "with --id: set this session beside it")
	cmd.Flags().BoolVar(&radius, "radius", false, "everything that came of the sessions that match FILTER, and what to contain")
	cmd.Flags().StringVar(&idle, "idle", "", "silence that ends a session of a long-term key (default: as last time, 30m at first)")
	cmd.Flags().StringVar(&sort, "sort", "", "user, events or risk instead of --order")
	cmd.Flags().StringVar(&sign, "sign", "", "only sessions with this sign of risk, e.g. \"new address\"")
	return cmd
}

// fitting refuses flags that don't go together: nothing is passed over.
func (a *app) fitting(id, with string, radius bool) error {
	switch {
	case with != "" && id == "":
		return usageError{errors.New("--with: no --id given"), "--id A --with B sets two sessions side by side"}
	case radius && id != "":
		return usageError{errors.New("--radius and --id: one at a time"), "--radius session:ID tells what came of one session"}
	case a.flags.count && id != "":
		return usageError{errors.New("--count: one session is no list"), "spoor events --count session:ID counts its events"}
	}
	return nil
}

func (a *app) sessionRequest(args []string, idle, sort, sign string) (r query.SessionRequest, err error) {
	r.Order, r.Sign = query.SessionsNewest, sign
	if a.order() == query.Oldest {
		r.Order = query.SessionsOldest
	}
	if sort != "" {
		i := slices.Index(query.SessionOrders[:], sort)
		if i < 0 {
			return r, usageError{fmt.Errorf("--sort: unknown order %q", sort), "use one of " + strings.Join(query.SessionOrders[:], ", ")}
		}
		r.Order = query.SessionOrder(i)
	}
	if sign != "" && !slices.Contains(session.Signs[:], session.Sign(sign)) {
		return r, usageError{fmt.Errorf("--sign: unknown sign %q", sign), "use one of " + quoted(session.Signs[:])}
	}
	if idle != "" {
		if r.Idle, err = time.ParseDuration(idle); err != nil || r.Idle <= 0 {
			return r, usageError{fmt.Errorf("--idle: %q is not a length of time", idle), "write 30m, 90s or 2h"}
		}
	}
	r.Filter, err = a.narrowed(args)
	return r, err
}

// quoted lists signs as a shell takes them.
func quoted(signs []session.Sign) string {
	var out []string
	for _, s := range signs {
		out = append(out, strconv.Quote(string(s)))
	}
	return strings.Join(out, ", ")
}

// sessionChunk is how many sessions one question fetches.
const sessionChunk = 2000

// eachSession hands fn the sessions of a request and returns how many matched.
func (a *app) eachSession(ctx context.Context, db *store.DB, r query.SessionRequest, limit int, fn func(query.Session) error) (int, error) {
	for {
		if r.N = sessionChunk; limit > 0 {
			r.N = min(sessionChunk, limit-r.Offset)
		}
		page, err := db.Sessions(ctx, r)
		if err != nil {
			return 0, err
		}
		if page.Partial { // free text is still being searched: what comes first is not known yet
			continue
		}
		for _, s := range page.Sessions {
			if err := fn(s); err != nil {
				return 0, err
			}
		}
		r.Offset += len(page.Sessions)
		if r.Offset >= page.Total || len(page.Sessions) == 0 || limit > 0 && r.Offset >= limit {
			return page.Total, nil
		}
	}
}

// printSessions prints a list of sessions, and returns how many it printed.
func (a *app) printSessions(ctx context.Context, db *store.DB, r query.SessionRequest) (int64, error) {
	start := a.now()
	if a.flags.count {
		n, err := a.eachSession(ctx, db, r, 1, func(query.Session) error { return nil })
		if err != nil {
			return 0, err
		}
		a.timed(1, start)
		return 1, a.writeNumber(int64(n))
	}
	rows := 0
	err := a.put(func(w io.Writer) error {
		out, done, err := a.sessionWriter(w)
		if err != nil {
			return err
		}
		limit := int(a.flags.limit)
		short := a.flags.format == "table" && a.tableWidth() > 0 && limit == 0
		if short {
			limit = screenfulOfRows
		}
		total, err := a.eachSession(ctx, db, r, limit, func(s query.Session) error { rows++; return out(s) })
		if err != nil {
			return err
		}
		if short && total > rows {
			fmt.Fprintf(a.errw, "the first %d of %s; --limit N or -o FILE gives more\n", rows, query.Counted(total, "session"))
		}
		return done()
	})
	if err == nil {
		a.done(int64(rows), "session", db, start)
	}
	return int64(rows), err
}

// exportSessions writes what the view of sessions shows, and tells how many it
// shows.
func (a *app) exportSessions(ctx context.Context, db *store.DB, s pane.SessionsShown) (int64, error) {
	a.errw = io.Discard // the screen says how it went
	switch {
	case s.With != "":
		return 2, a.printContrast(ctx, db, s.ID, s.With)
	case s.ID != "":
		a.flags.limit = math.MaxInt32 // all that it did
		return 1, a.printOneSession(ctx, db, s.ID)
	case s.Radius:
		r, err := a.printRadius(ctx, db, s.List.Filter)
		return int64(r.Sessions), err
	}
	return a.printSessions(ctx, db, s.List)
}

// sessionWriter returns what writes one session in the chosen format, and what
// ends the output.
func (a *app) sessionWriter(w io.Writer) (out func(query.Session) error, done func() error, err error) {
	switch a.flags.format {
	case "json", "ndjson":
		rows := a.newJSONStream(w)
		return func(s query.Session) error { return rows.encode(s) }, rows.end, nil
	case "csv":
		rows := a.newCSV(w, sessionColumns...)
		return func(s query.Session) error { return rows.Write(a.sessionCells(s)) }, rows.Flush, nil
	case "table":
		t := newTable(w, a.tableWidth(), "session", "start", "lasted", "root actor", "actor", "kind", "events", "writes", "denied", "from", "signs")
		return func(s query.Session) error {
			return t.add(s.ID, a.clock(s.Start), lasted(s.Start, s.End), s.RootActor, s.Actor, s.Kind, number(s.Events), number(s.Writes), number(s.Denied), few(s.SourceIPs), strings.Join(s.Signs(), ", "))
		}, t.flush, nil
	}
	return nil, nil, usageError{fmt.Errorf("--format: sessions can't be written as %s", a.flags.format), "use csv, json or ndjson"}
}

var sessionColumns = []string{"id", "actor", "kind", "principal", "account", "role", "session_name", "access_keys", "start", "end", "events", "writes", "errors", "denied",
	"services", "regions", "source_ips", "user_agents", "mfa", "parent", "parent_event", "link", "root_actor", "depth", "confidence", "reason", "signs"}

// sessionCells are the values of sessionColumns; lists are separated by spaces,
// user agents by semicolons.
func (a *app) sessionCells(s query.Session) []query.Value {
	link := query.SessionLink{}
	if s.Link != nil {
		link = *s.Link
	}
	return csvRow(s.ID, s.Actor, s.Kind, s.Principal, s.Account, s.Role, s.SessionName, strings.Join(s.AccessKeys, " "), a.stamp(s.Start), a.stamp(s.End),
		fmt.Sprint(s.Events), fmt.Sprint(s.Writes), fmt.Sprint(s.Errors), fmt.Sprint(s.Denied), strings.Join(s.Services, " "), strings.Join(s.Regions, " "),
		strings.Join(s.SourceIPs, " "), strings.Join(s.UserAgents, "; "), s.MFA, link.Parent, link.Event, link.Kind, s.RootActor, fmt.Sprint(s.Depth), s.Confidence, s.Reason, strings.Join(s.Signs(), ", "))
}

func lasted(from, to int64) string {
	if from == cloudtrail.NoTime {
		return ""
	}
	return (time.Duration(to-from) * time.Microsecond).Round(time.Second).String()
}

// few names the first of a list and how many more there are.
func few(list []string) string {
	switch len(list) {
	case 0:
		return ""
	case 1:
		return list[0]
	}
	return fmt.Sprintf("%s +%d", list[0], len(list)-1)
}

// sure names how sure a session's root actor is, where that is not exact.
func sure(s query.Session) string {
	if c := cmp.Or(s.Confidence, "unknown"); c != "exact" {
		return " (" + c + ")"
	}
	return ""
}
