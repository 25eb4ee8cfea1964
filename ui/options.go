package ui

import (
	"context"
	"time"

	"github.com/charmbracelet/colorprofile"

	"spoor/query"
	"spoor/themes"
	"spoor/ui/chart"
	"spoor/ui/detail"
	"spoor/ui/events"
	"spoor/ui/facets"
	"spoor/ui/pane"
	"spoor/ui/text"
)

// A Case is what the screen asks. *store.DB is one. All methods are called from
// commands, several at once, with contexts that end when the answer is no longer
// wanted.
type Case interface {
	events.Pager
	facets.Counter
	chart.Counter
	detail.Reader
	Values(context.Context, query.ValueRequest) ([]query.FacetValue, error)
	// Totals counts the whole case. It is quick, but may wait for a commit.
	Totals() query.Totals
}

// Progress is how far a load has come: counters that are sampled, never sent.
type Progress struct {
	Running  bool
	Waiting  bool   // running, but all there is has been loaded: it looks again for more
	Source   string // what is being loaded
	Listing  bool   // Listed still grows
	Listed   int64  // objects
	Loaded   int64
	Skipped  int64
	Failed   int64
	Already  int64
	Events   int64
	Rate     float64       // events a second so far
	Left     time.Duration // until the end, 0 while that can't be told
	Revision uint64        // grows with every commit, and when sessions are known
	Err      error         // why the load ended early
	// Resolving says that sessions are being worked out, after a load or beside
	// one: Revision grows when events have them.
	Resolving bool
}

// An ExportRequest says what to write where.
type ExportRequest struct {
	Filter  query.Filter
	Order   query.Order
	Format  string // csv, ndjson or json; of Changes also html or md, of Sessions also table
	Zone    *time.Location
	Path    string   // must not exist unless Replace is set
	Columns []string // as shown; csv writes all typed columns whatever is shown
	Replace bool
	// Changes asks for this timeline in place of events; its filter and order are those above.
	Changes *query.ChangeRequest
	// Sessions asks for what the view of sessions shows in place of events.
	Sessions *pane.SessionsShown
}

// An Exporter writes the filtered events, or changes, or sessions, to a file. report is called
// now and then with the number written so far. A file cut short by ctx is removed.
type Exporter interface {
	Export(ctx context.Context, r ExportRequest, report func(events int64)) (events int64, err error)
}

// A View is one of the numbered views.
type View struct {
	Title text.Safe
	Pane  pane.Pane
}

// Options is all that the screen is given.
type Options struct {
	Case      Case
	Name      string // of the case, as shown
	Views     []View // after Events, in the order of their numbers
	Progress  func() Progress
	Export    Exporter                      // nil: no export
	Mark      Marker                        // nil: no marks, notes and tags
	Names     Namer                         // nil: accounts go by their ids
	Profiles  Profiler                      // nil: no profiles
	Clipboard func(text string) error       // the local clipboard tool, tried beside the terminal; nil: none
	Save      func(path, text string) error // writes a new file; nil: what is copied can't be written

	// Theme is what was asked for by name; nil picks dark or light by the
	// background that the terminal reports.
	Theme *themes.Theme
	// Themes lists what there is to choose from, read anew each time, and what is
	// wrong with the reader's own ones. Nil: the built-in ones.
	Themes func() ([]themes.Theme, []error)
	// KeepTheme remembers the theme that was chosen, "auto" for none, and says more
	// about that. Nil: it holds until the screen ends.
	KeepTheme func(name string) (said string, err error)
	Glyphs    themes.Glyphs
	Profile   colorprofile.Profile // of the terminal until it says more; Ascii or less stays
	Still     bool                 // no animation
	NoTips    bool                 // no tips in the footer
	// Zone is how times are shown, and dates read, at first; nil is UTC. SetZone
	// tells the case of another one, at once; KeepZone remembers it for the next
	// screens and says more about that. Nil: nobody needs to know.
	Zone     *time.Location
	SetZone  func(*time.Location)
	KeepZone func(*time.Location) (said string, err error)

	Keys    map[string][]string // command id to keys, in place of the built-in ones
	Columns []string            // of the events table; nil: the usual
	Filter  query.Filter        // set at the start
	News    text.Safe           // what happened to the case on opening it, said at the start; "": nothing
	Guide   []text.Safe         // a first minute in this case, offered at the start; nil: none
	Place   *Place              // where the reader was, in place of Filter and Order; nil: at the start
	Order   query.Order
	Now     func() time.Time // nil: time.Now
	Command []string         // how to call spoor on this case from a shell: "spoor", "-c", "x.spoor"
}
