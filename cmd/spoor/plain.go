package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"spoor/loader"
	"spoor/query"
	"spoor/query/store"
	"spoor/ui"
)

// A plain is the screen as lines: for screen readers, for terminals that can't
// move the cursor, and for input that comes from a pipe. A line in is a word of
// plainWords or any command of spoor; what comes out is a line that says how
// much there is, and then a line for each thing. It asks the case what the
// screen and the commands ask.
type plain struct {
	app   *app
	db    *store.DB
	bg    *background
	out   *bufio.Writer
	steps []plainLens
	at    int // which step is in force
	list  plainList
	ready bool // the load was said to have ended
}

// plainLens is what all views are looked at through.
type plainLens struct {
	filter query.Filter
	order  query.Order
}

// A plainWord is one thing that can be said. The help is made of them.
type plainWord struct {
	names []string // the first is the one that help gives
	args  string
	help  string
	do    func(p *plain, ctx context.Context, args string) error
}

// errLeave ends the loop.
var errLeave = errors.New("leave")

func plainWords() []plainWord {
	return []plainWord{
		{[]string{"events", "1"}, "", "list the events", view((*plain).events)},
		{[]string{"timeline", "2"}, "", "list who changed what", view((*plain).timeline)},
		{[]string{"sessions", "3"}, "", "list the sessions", view((*plain).sessions)},
		{[]string{"integrity", "4"}, "", "check the log files against their digests", (*plain).integrity},
		{[]string{"queries", "5"}, "", "list the questions with what each finds", view((*plain).questions)},
		{[]string{"sources", "6"}, "[failed|skipped|loaded]", "list the objects with how they ended", view((*plain).objects)},
		{[]string{"next", "n"}, "", "go on with the list", (*plain).more},
		{[]string{"open", "o"}, "N", "read what has the number N in the list: its event, session, question or object", (*plain).open},
		{[]string{"record"}, "N", "read the event of N as it was logged", (*plain).record},
		{[]string{"session", "s"}, "N", "read the session that N belongs to: its chain, what it did", (*plain).session},
		{[]string{"history"}, "N", "read all that happened to the resource of N", (*plain).history},
		{[]string{"filter", "/"}, "FILTER", "look only at what matches, in all views; without FILTER, say what is in force", (*plain).filter},
		{[]string{"and"}, "FILTER", "narrow the filter further", (*plain).narrow},
		{[]string{"clear"}, "", "take the filter away", (*plain).clear},
		{[]string{"undo", "u"}, "", "take the last change of filter or order back", func(p *plain, ctx context.Context, _ string) error { return p.step(ctx, -1) }},
		{[]string{"redo"}, "", "do it again", func(p *plain, ctx context.Context, _ string) error { return p.step(ctx, 1) }},
		{[]string{"order"}, "newest|oldest", "which come first", (*plain).order},
		{[]string{"mark"}, "N [" + strings.Join(query.Marks(), "|") + "]", "mark the event of N; without a colour, take the mark away", (*plain).mark},
		{[]string{"note"}, "N TEXT", "note something on the event of N", (*plain).note},
		{[]string{"tag"}, "N [TAG...]", "tag the event of N", (*plain).tag},
		{[]string{"add"}, "SOURCE", "load another source", (*plain).add},
		{[]string{"retry"}, "", "try again what could not be loaded", (*plain).retry},
		{[]string{"wait"}, "", "wait until everything is loaded", (*plain).wait},
		{[]string{"status"}, "", "how far the load is, what is in the case, what is filtered", (*plain).status},
		{[]string{"help", "?"}, "[WORD]", "say this; help filter explains filters", (*plain).help},
		{[]string{"quit", "q"}, "", "end", func(*plain, context.Context, string) error { return errLeave }},
	}
}

// view makes a word the view that a new filter lists again.
func view(list func(p *plain, ctx context.Context, args string) error) func(p *plain, ctx context.Context, args string) error {
	return func(p *plain, ctx context.Context, args string) error {
		p.list.view = func(ctx context.Context) error { return list(p, ctx, args) }
		return list(p, ctx, args)
	}
}

// showPlain is show, as lines.
func (a *app) showPlain(ctx context.Context, o opened, scope loader.Scope, lines <-chan string) error {
	defer o.db.Close()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	bg := &background{app: a, db: o.db, ctx: ctx, names: strings.Join(o.names, " ")}
	var err error
	if bg.opts, err = a.loadOptions(scope, &bg.progress); err != nil {
		return err
	}
	defer spareProcessors(&bg.opts, loadThreads)()
	p := &plain{app: a, db: o.db, bg: bg, out: bufio.NewWriter(a.out), steps: []plainLens{{order: a.order()}}, ready: len(o.sources) == 0}
	if len(o.sources) > 0 {
		bg.load(o.sources)
	}
	err = p.loop(ctx, lines)
	if bg.sample().Failed > 0 {
		a.status = exitPartial
	}
	cancel()
	bg.wait()
	return err
}

// loop answers one line after the other. A mistake in one is told and does not
// end it. Input that nobody types waits for the load first, so that the same
// lines give the same answers.
func (p *plain) loop(ctx context.Context, lines <-chan string) error {
	if p.say("spoor, line by line. help lists what can be said; quit ends."); !p.app.inTTY {
		_ = p.wait(ctx, "")
	}
	_ = p.status(ctx, "")
	for {
		p.announce()
		if p.app.inTTY {
			p.out.WriteString("> ")
		}
		if err := p.out.Flush(); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case line, ok := <-lines:
			if !ok {
				return nil
			}
			err := p.answer(ctx, strings.TrimSpace(line))
			if errors.Is(err, errLeave) {
				return p.out.Flush()
			}
			p.mistake(err)
		}
	}
}

// readLines reads until the input ends. Nobody can end a read from a terminal,
// so it is not waited for.
func readLines(in io.Reader) <-chan string {
	lines := make(chan string)
	go func() {
		defer close(lines)
		for scan := bufio.NewScanner(in); scan.Scan(); {
			lines <- scan.Text()
		}
	}()
	return lines
}

// say writes one line. What it says of logs is cleaned by the caller.
func (p *plain) say(format string, args ...any) { fmt.Fprintf(p.out, format+"\n", args...) }

// mistake tells an error and what to do about it.
func (p *plain) mistake(err error) {
	if err == nil {
		return
	}
	msg, hint := p.app.phrase(err)
	p.say("error: %s", cleanLines(msg))
	if hint != "" {
		p.say("  %s", cleanLines(hint))
	}
}

// answer does what a line says: one of our words, else a command of spoor.
func (p *plain) answer(ctx context.Context, line string) error {
	if rest, ok := strings.CutPrefix(line, "/"); ok {
		return p.filter(ctx, strings.TrimSpace(rest))
	}
	word, rest, _ := strings.Cut(line, " ")
	rest = strings.TrimSpace(rest)
	if word == "" {
		return nil
	}
	words := plainWords()
	i := slices.IndexFunc(words, func(w plainWord) bool { return slices.Contains(w.names, word) })
	if i < 0 || rest != "" && words[i].args == "" {
		return p.command(ctx, line)
	}
	return words[i].do(p, ctx, rest)
}

// help lists the words, or gives the page of a command or topic.
func (p *plain) help(ctx context.Context, about string) error {
	if about != "" {
		return p.command(ctx, "help "+about)
	}
	for _, w := range plainWords() {
		p.say("%s: %s", strings.TrimSpace(strings.Join(w.names, ", ")+" "+w.args), w.help)
	}
	p.say("Commands of spoor work too, through the filter in force: facets, histogram, stats, coverage, profile VALUE, sql QUERY, events -o FILE, and so on.")
	return nil
}

// spokenRows is where a command stops that was not told how many rows to give.
const spokenRows = "200"

// command runs a command of spoor on the case. Those that take a filter get the
// one in force besides their own.
func (p *plain) command(ctx context.Context, line string) error {
	args, err := splitWords(line)
	if err != nil {
		return err
	}
	sub := *p.app
	sub.held, sub.spoken, sub.out, sub.errw, sub.status = p.db, true, p.out, p.out, exitDone
	sub.outTTY, sub.errTTY = false, false
	sub.flags = flags{}
	root := newRoot(&sub)
	cmd, _, err := root.Find(args)
	if err != nil || cmd == root {
		return hinted{fmt.Errorf("%q is not something to say here", args[0]), "help lists what is"}
	}
	args = append(args, "--tz", p.app.flags.tz)
	if !slices.ContainsFunc(args, func(a string) bool {
		return strings.HasPrefix(a, "--limit") || a == "-o" || strings.HasPrefix(a, "--output")
	}) {
		args = append(args, "--limit", spokenRows)
	}
	if l := p.lens(); strings.Contains(cmd.Use, "[FILTER]") {
		args = append(args, "--order", orderWord(l.order))
		if !l.filter.All() {
			args = append(args, "("+l.filter.String()+")")
		}
	}
	root.SetArgs(args)
	return root.ExecuteContext(ctx)
}

// splitWords splits a line as a shell would: words, with quotes around those
// that hold spaces.
func splitWords(line string) ([]string, error) {
	var words []string
	var b strings.Builder
	open, in := rune(0), false
	for _, r := range line {
		switch {
		case r == open:
			open = 0
		case open != 0:
			b.WriteRune(r)
		case r == '\'' || r == '"':
			open, in = r, true
		case r == ' ' || r == '\t':
			if in {
				words = append(words, b.String())
			}
			b.Reset()
			in = false
		default:
			b.WriteRune(r)
			in = true
		}
	}
	if open != 0 {
		return nil, usagef("a quote %c is not closed", open)
	}
	if in {
		words = append(words, b.String())
	}
	return words, nil
}

// wantsPlain reports whether lines are wanted in place of the screen: asked for,
// or all that the terminal can show.
func (a *app) wantsPlain() bool {
	if a.flags.plain {
		return true
	}
	return a.outTTY && a.inTTY && (a.config.Plain || a.env("TERM") == "dumb")
}

// investigatePlain is investigate, line by line.
func (a *app) investigatePlain(ctx context.Context, names []string) error {
	scope, err := a.scope()
	if err != nil {
		return err
	}
	if usesStdin(names) {
		return usagef("with --plain, standard input is for what you say; save the log to a file first")
	}
	lines := readLines(a.in)
	var o opened
	if len(names) == 0 && a.flags.caseName == "" {
		o, err = a.askPlain(ctx, lines)
	} else {
		o, err = a.open(ctx, names)
	}
	if err != nil {
		return err
	}
	return a.showPlain(ctx, o, scope, lines)
}

// askPlain is the start screen as lines. What can't be opened is told and asked
// again; once the input has ended, it is how spoor ends.
func (a *app) askPlain(ctx context.Context, lines <-chan string) (opened, error) {
	o, err := a.startOptions()
	if err != nil {
		return opened{}, err
	}
	fmt.Fprintln(a.out, "What to open? Say a number, or a file, a folder, an archive or s3://bucket/prefix.")
	var known []ui.Choice
	for _, r := range o.Recent {
		if r.Type == "" {
			known = append(known, r.Choice)
			fmt.Fprintf(a.out, "%d. %s, %s\n", len(known), cleanLines(r.Name), cleanLines(r.Note))
		}
	}
	last := error(usageError{fmt.Errorf("no SOURCE given"), "try spoor demo, or spoor --help"})
	for {
		c, ok := nextChoice(ctx, lines, known)
		if !ok {
			return opened{}, cmp.Or(ctx.Err(), last)
		}
		o, err := a.open(ctx, a.chosen(c))
		if err == nil {
			return o, nil
		}
		a.flags.caseName, last = "", err
		msg, hint := a.phrase(err)
		fmt.Fprintf(a.out, "error: %s\n  %s\nWhat to open instead? An empty line ends.\n", cleanLines(msg), cleanLines(hint))
	}
}

// nextChoice reads what to open; false when nothing is said.
func nextChoice(ctx context.Context, lines <-chan string, known []ui.Choice) (ui.Choice, bool) {
	select {
	case <-ctx.Done():
		return ui.Choice{}, false
	case line := <-lines: // "" when the input has ended
		line = strings.TrimSpace(line)
		if n, err := strconv.Atoi(line); err == nil && n > 0 && n <= len(known) {
			return known[n-1], true
		}
		return ui.Choice{Source: line}, line != ""
	}
}
