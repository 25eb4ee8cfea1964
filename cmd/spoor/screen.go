package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/spf13/cobra"

	"spoor/loader"
	"spoor/query"
	"spoor/query/store"
	"spoor/themes"
	"spoor/ui"
	"spoor/ui/marked"
	"spoor/ui/queries"
	"spoor/ui/sessions"
	viewsources "spoor/ui/sources"
	"spoor/ui/text"
	"spoor/ui/timeline"
)

// screenCommand is spoor itself: open the screen, load in the background.
func screenCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "spoor [SOURCE...]",
		Short: "investigate AWS CloudTrail logs",
		Long: `spoor investigates AWS CloudTrail logs: who did what, from where, with which
credentials, what changed, and can the logs be trusted. It reads log files from
disk or S3 into a case and opens a screen on it at once. Nothing leaves this
machine.

A SOURCE is a file, a folder, a glob, an archive (zip, tar), - for standard
input, or s3://bucket/prefix. Without one, spoor opens the case given by -c, or
asks what to open. With --plain it answers line by line instead of drawing a
screen: for screen readers, dumb terminals and pipes.`,
		Example: `  spoor demo                                  a made-up incident to try it on
  spoor ./logs                                everything in a folder
  spoor s3://my-trail-bucket/AWSLogs --since 2024-05-01
  spoor events 'actor:alice error:*' --from ./logs --format csv`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			err := a.investigate(cmd.Context(), args)
			if errors.Is(err, fs.ErrNotExist) {
				return perhapsCommand(cmd, args, err)
			}
			return err
		},
		SuggestionsMinimumDistance: 2,
	}
	addPlainFlag(cmd, a)
	return cmd
}

func addPlainFlag(cmd *cobra.Command, a *app) {
	cmd.Flags().BoolVar(&a.flags.plain, "plain", false, "lines in place of the screen, in and out (config.toml: plain = true; the default where TERM is dumb)")
}

// perhapsCommand adds a hint to the error about a source that isn't there, where
// a command has nearly its name.
func perhapsCommand(cmd *cobra.Command, args []string, err error) error {
	for _, word := range args {
		if near := cmd.SuggestionsFor(word); len(near) > 0 {
			return hinted{usageError{err, ""}, "did you mean the command? spoor " + near[0]}
		}
	}
	return err
}

func demoCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use: "demo", Short: "open the screen on a made-up incident; no network, no files", GroupID: "look", Args: cobra.NoArgs,
		Long: `Opens the screen on a built-in example: two accounts over a day and a half, the
people and machines at work in them, and an intruder. Everything in it is
invented. Without a terminal it prints a summary.`,
		Example: "  spoor demo\n  spoor demo | less\n  spoor demo --plain",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if a.flags.caseName == "" {
				a.flags.caseName = memoryCase
			}
			return a.investigate(cmd.Context(), []string{demoSource})
		},
	}
	addPlainFlag(cmd, a)
	return cmd
}

// investigate opens the screen, or prints a summary where there is no terminal.
func (a *app) investigate(ctx context.Context, names []string) error {
	if a.wantsPlain() && a.flags.format == "table" {
		return a.investigatePlain(ctx, names)
	}
	if !a.outTTY || (!a.inTTY && !usesStdin(names)) || a.flags.format != "table" || a.flags.output != "" {
		return a.summarize(ctx, names)
	}
	scope, err := a.scope()
	if err != nil {
		return err
	}
	defer a.guardTerminal()()
	a.zone = a.screenZone()
	if len(names) == 0 && a.flags.caseName == "" {
		return a.askWhatToOpen(ctx, scope)
	}
	o, err := a.open(ctx, names)
	if err != nil {
		return err
	}
	return a.show(ctx, o, scope)
}

// opened is a case, and the sources to load into it.
type opened struct {
	db      *store.DB
	names   []string // of the sources, as they were given
	sources []loader.Source
}

func (a *app) open(ctx context.Context, names []string) (o opened, err error) {
	o.names = names
	if o.sources, err = a.openSources(ctx, names); err != nil {
		return o, err
	}
	o.db, err = a.screenCase(ctx, names, o.sources)
	return o, err
}

func usesStdin(names []string) bool { return slices.Contains(names, "-") }

// screenCase opens the case of the sources, or without any the one that -c
// names or that was used last.
func (a *app) screenCase(ctx context.Context, names []string, sources []loader.Source) (*store.DB, error) {
	if len(names) == 0 {
		path, err := a.existingCase()
		if err != nil {
			return nil, err
		}
		return a.openCase(ctx, path, false)
	}
	db, err := a.openCase(ctx, a.casePathFor(names), true)
	if err != nil {
		return nil, err
	}
	for _, s := range sources {
		if err := db.AddSource(nameOf(s)); err != nil {
			return nil, errors.Join(err, a.release(db))
		}
	}
	return db, nil
}

// paragraphs are the lines of a topic, each with the indented ones that go on
// with it: the screen breaks them where it is wide.
func paragraphs(topic string) (list []text.Safe) {
	for line := range strings.SplitSeq(strings.TrimSpace(topic), "\n") {
		if rest := strings.TrimLeft(line, " "); len(list) > 0 && rest != line {
			list[len(list)-1] += text.Safe(" " + rest)
			continue
		}
		list = append(list, text.Safe(line))
	}
	return list
}

// show runs the screen and, beside it, the load; it ends when both have, and the
// case is closed.
func (a *app) show(ctx context.Context, o opened, scope loader.Scope) error {
	db, names, sources := o.db, o.names, o.sources
	defer db.Close()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	bg := &background{app: a, db: db, ctx: ctx, names: strings.Join(names, " ")}
	var err error
	if bg.opts, err = a.loadOptions(scope, &bg.progress); err != nil {
		return err
	}
	defer spareProcessors(&bg.opts, screenThreads)()
	screen, err := a.wholeScreen(o, bg)
	if err != nil {
		return err
	}
	model := ui.New(ctx, screen)
	if wrong := model.Problems(); len(wrong) > 0 {
		return usagef("keys of config.toml: %s", strings.Join(wrong, "; "))
	}
	if len(sources) > 0 {
		bg.load(sources)
	} else {
		bg.ready()
	}
	_, err = paced(model, a.programOptions(ctx, names)...).Run()
	keepPlace(db, model.Place())
	if n := bg.sample().Failed; n > 0 && err == nil {
		a.status = exitPartial
		fmt.Fprintf(a.errw, "objects that could not be loaded: %d; the same command again tries them anew, Sources says why\n", n)
	}
	cancel()
	bg.wait()
	if errors.Is(err, tea.ErrInterrupted) || errors.Is(err, tea.ErrProgramKilled) {
		err = nil
	}
	return err
}

// wholeScreen is the screen on a case with all its views.
func (a *app) wholeScreen(o opened, bg *background) (ui.Options, error) {
	db := o.db
	screen, err := a.screenOptions(db, bg)
	screen.Views = []ui.View{
		{Title: "Timeline", Pane: timeline.New(db)},
		{Title: "Sessions", Pane: sessions.New(db)},
		a.integrityView(db, o.names, o.sources),
		{Title: "Queries", Pane: queries.New(db, query.Builtin(), queryFiles, a.sqlConsole(db))},
		{Title: "Sources", Pane: viewsources.New(db, bg)},
		{Title: "Marked", Pane: marked.New(db, a.writeNoted)},
	}
	screen.Place = lastPlace(db)
	if slices.Contains(o.names, demoSource) {
		screen.Guide = paragraphs(demoTopic)
	}
	return screen, err
}

func (a *app) programOptions(ctx context.Context, names []string) []tea.ProgramOption {
	// Signals end ctx. Bubble Tea's own handler would wait for the loop that ctx
	// has ended already, now and then for ever.
	opts := []tea.ProgramOption{tea.WithContext(ctx), tea.WithoutSignalHandler(), tea.WithOutput(a.out)}
	if a.guard.stands() { // it keeps a report, of panics anywhere
		opts = append(opts, tea.WithoutCatchPanics())
	}
	if usesStdin(names) { // the log comes in there; keys come from the terminal
		if tty, err := os.Open("/dev/tty"); err == nil {
			return append(opts, tea.WithInput(tty))
		}
	}
	return append(opts, tea.WithInput(a.in))
}

// screenLook is how screens look on this terminal.
type screenLook struct {
	Theme   *themes.Theme
	Glyphs  themes.Glyphs
	Profile colorprofile.Profile
}

func (a *app) look() (screenLook, error) {
	l := screenLook{Glyphs: themes.Unicode(), Profile: colorprofile.Detect(a.out, os.Environ())}
	if !a.color() {
		l.Profile = colorprofile.Ascii
	}
	if a.config.ASCII || !utf8Locale(a.env) {
		l.Glyphs = themes.ASCII()
	}
	var err error
	l.Theme, err = a.theme()
	return l, err
}

func (a *app) screenOptions(db *store.DB, bg *background) (ui.Options, error) {
	look, err := a.look()
	o := ui.Options{
		Case: db, Name: caseTitle(db.Path(), bg.names), Progress: bg.sample, Export: exporter{a, db}, Mark: db, Names: db, Profiles: db,
		Save: saveCopy, Clipboard: localClipboard(), Profile: look.Profile, Glyphs: look.Glyphs, Theme: look.Theme,
		Themes: func() ([]themes.Theme, []error) { return themes.All(themeDir()) }, KeepTheme: a.keepTheme,
		Zone: a.zone, SetZone: db.SetZone, KeepZone: a.keepZone, Columns: a.flags.columns, Order: a.order(), Command: a.callAgain(db), News: text.Clean(a.news),
		NoTips: a.config.Tips != nil && !*a.config.Tips,
	}
	if len(a.config.Keys) > 0 {
		o.Keys = map[string][]string{}
		for id, keys := range a.config.Keys {
			o.Keys[id] = strings.Fields(keys)
		}
	}
	return o, err
}

// utf8Locale reports whether the terminal is said to show UTF-8 (POSIX: LC_ALL,
// then LC_CTYPE, then LANG). Nothing said counts as yes.
func utf8Locale(env func(string) string) bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if v := strings.ToLower(env(name)); v != "" {
			return strings.Contains(v, "utf-8") || strings.Contains(v, "utf8")
		}
	}
	return true
}

func caseTitle(path, source string) string {
	if path == store.Memory {
		return strings.TrimSuffix(source, ":")
	}
	return path
}

// callAgain is how to ask this case from a shell.
func (a *app) callAgain(db *store.DB) []string {
	if db.Path() == store.Memory {
		return []string{"spoor", "--from", "SOURCE"}
	}
	return []string{"spoor", "-c", db.Path()}
}

// saveCopy writes what was copied to a new file, as it is.
func saveCopy(path, text string) error {
	if _, err := os.Stat(path); err == nil {
		return fmt.Errorf("%s exists already", path)
	}
	return atomicFile(path, func(w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	})
}

// localClipboard finds the desktop's clipboard tool, tried beside the terminal's
// own way.
func localClipboard() func(string) error {
	for _, tool := range [][]string{{"wl-copy"}, {"xclip", "-selection", "clipboard"}, {"pbcopy"}, {"clip.exe"}} {
		if path, err := exec.LookPath(tool[0]); err == nil {
			return func(text string) error {
				cmd := exec.Command(path, tool[1:]...)
				cmd.Stdin = strings.NewReader(text)
				return cmd.Run()
			}
		}
	}
	return nil
}

// exporter writes what the screen shows to a file, as spoor events, timeline or
// sessions would.
type exporter struct {
	app *app
	db  *store.DB
}

// Export implements ui.Exporter.
func (e exporter) Export(ctx context.Context, r ui.ExportRequest, report func(int64)) (n int64, err error) {
	if _, err := os.Stat(r.Path); err == nil && !r.Replace {
		return 0, fmt.Errorf("%s exists already", r.Path)
	}
	a := *e.app
	a.flags.format, a.flags.output, a.flags.limit, a.zone = r.Format, r.Path, 0, r.Zone
	if r.Changes != nil {
		return a.exportChanges(ctx, e.db, r, report)
	}
	if r.Sessions != nil {
		return a.exportSessions(ctx, e.db, *r.Sessions)
	}
	req := query.ExportRequest{Filter: r.Filter, Order: r.Order, Columns: r.Columns, Progress: report}
	if r.Format == "csv" {
		req.Columns = csvColumns
	}
	err = atomicFile(r.Path, func(w io.Writer) error {
		n, err = a.export(ctx, e.db, req, w)
		return err
	})
	return n, err
}
