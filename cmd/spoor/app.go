package main

import (
	"io"
	"os"
	"time"

	"github.com/charmbracelet/x/term"
	"github.com/spf13/cobra"

	"spoor/query"
	"spoor/query/store"
)

// app is one run of the program: its streams, its flags, its configuration.
type app struct {
	in        io.Reader
	out, errw io.Writer
	outTTY    bool // stdout is a terminal
	errTTY    bool
	inTTY     bool
	width     int // of the terminal, 0 when there is none
	env       func(string) string
	now       func() time.Time

	flags  flags
	config config
	held   *store.DB // a case held open for one command after the other; nil: none
	spoken bool      // rows as sentences, not in columns
	// accounts are the names of accounts: the user's, and once a case is open its own.
	accounts query.Accounts
	zone     *time.Location
	// zoneAsked says that --tz or config.toml named the zone.
	zoneAsked bool
	status    int    // exit status when nothing went wrong
	memory    int64  // what the database may use for the command, in bytes; 0: what store.Options says
	threads   int    // of the database; likewise
	guard     *guard // of the terminal; nil: none
	news      string // what happened to the case on opening it, for the screen
}

// flags are those that many commands share.
type flags struct {
	caseName  string
	from      []string
	link      bool
	follow    bool
	plain     bool // lines in place of the screen
	since     string
	until     string
	accounts  []string
	regions   []string
	format    string
	output    string
	order     string
	limit     int64
	columns   []string
	count     bool
	rawValues bool
	timing    bool
	tz        string
	theme     string
	noColor   bool
	jobs      int
	memory    string
	maxObject string
	config    string
	aws       awsFlags
}

// awsFlags say how to reach S3.
type awsFlags struct {
	profile, roleARN, externalID, mfaSerial string
	endpoint, region                        string
	requesterPays, anonymous                bool
}

func newApp(in io.Reader, out, errw io.Writer) *app {
	a := &app{in: in, out: out, errw: errw, env: os.Getenv, now: time.Now, zone: time.UTC}
	a.outTTY, a.width = terminalWidth(out)
	a.errTTY, _ = terminalWidth(errw)
	if f, ok := in.(*os.File); ok {
		a.inTTY = term.IsTerminal(f.Fd())
	}
	return a
}

func terminalWidth(w io.Writer) (bool, int) {
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(f.Fd()) {
		return false, 0
	}
	width, _, err := term.GetSize(f.Fd())
	if err != nil || width <= 0 { // one that nobody has told its size
		return true, 80
	}
	return true, width
}

// color reports whether output may be coloured: any non-empty NO_COLOR, a dumb
// terminal or --no-color turn it off (no-color.org).
func (a *app) color() bool {
	return a.outTTY && !a.flags.noColor && a.env("NO_COLOR") == "" && a.env("TERM") != "dumb"
}

// newRoot builds the command tree. Flags stand before or after operands.
func newRoot(a *app) *cobra.Command {
	root := screenCommand(a)
	root.SetIn(a.in)
	root.SetOut(a.out)
	root.SetErr(a.errw)
	root.SilenceErrors, root.SilenceUsage = true, true
	root.Version = versionInfo().String()
	root.SetVersionTemplate("{{.Version}}\n")
	root.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error { return a.prepare(cmd) }
	addCommonFlags(root, &a.flags)
	root.SetFlagErrorFunc(flagError)
	root.AddGroup(
		&cobra.Group{ID: "look", Title: "Look at logs:"},
		&cobra.Group{ID: "ask", Title: "Ask a case:"},
		&cobra.Group{ID: "keep", Title: "Keep and share:"},
		&cobra.Group{ID: "about", Title: "About spoor:"},
	)
	root.SetHelpCommandGroupID("about")
	root.SetCompletionCommandGroupID("about")
	root.AddCommand(
		demoCommand(a), loadCommand(a),
		eventsCommand(a), facetsCommand(a), histogramCommand(a), statsCommand(a),
		timelineCommand(a), sessionsCommand(a), profileCommand(a),
		sqlCommand(a), queriesCommand(a), caseCommand(a),
		validateCommand(a), coverageCommand(a),
		fieldsCommand(a), themesCommand(a), versionCommand(a), manCommand(a), generateCommand(a),
	)
	root.AddCommand(topicCommands(a)...)
	addCompletion(a, root)
	strictHelp(root)
	strictGroups(root)
	return root
}

// tableWidth is the width that a table may take: that of the terminal, or 0 for
// no limit where the output goes elsewhere.
func (a *app) tableWidth() int {
	if a.spoken && a.flags.output == "" {
		return spoken
	}
	if a.outTTY && a.flags.output == "" {
		return a.width
	}
	return 0
}
