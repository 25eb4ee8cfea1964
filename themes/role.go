package themes

// A Role says what a piece of text is.
type Role uint8

// The roles, in the order of the table in a theme file.
const (
	Text      Role = iota // ordinary text
	Dim                   // labels, units, what can be skipped
	Line                  // rules, borders, scroll tracks: never text
	Volume                // the ordinary part of a chart: never text
	Title                 // headings of panes and columns
	Accent                // what can be acted on: keys, links, the current tab
	Focus                 // the mark of the focused pane
	Match                 // found text
	Read                  // calls that only read
	Write                 // calls that change something
	OK                    // outcome ok
	Denied                // outcome denied
	Throttled             // outcome throttled
	Error                 // outcome error, failures
	Root                  // the account's root user
	Warn                  // needs a look: escaped bytes, doubt, medium severity
	Good                  // proven, done
	Key                   // JSON key, field name
	String                // JSON string
	Number                // JSON number
	Literal               // JSON true, false, null; absent values
	roles
)

var roleNames = [roles]string{
	"text", "dim", "line", "volume", "title", "accent", "focus", "match", "read", "write", "ok", "denied",
	"throttled", "error", "root", "warn", "good", "key", "string", "number", "literal",
}

func (r Role) String() string {
	if r < roles {
		return roleNames[r]
	}
	return "?"
}

// A Ground says what text lies on.
type Ground uint8

// The grounds.
const (
	Base     Ground = iota // the screen itself
	Bar                    // header and footer lines, overlays
	Selected               // the row under the cursor of the focused pane
	Resting                // the row under the cursor of another pane; a chosen range
	grounds
)

var groundNames = [grounds]string{"base", "bar", "selected", "resting"}

func (g Ground) String() string {
	if g < grounds {
		return groundNames[g]
	}
	return "?"
}

// OfOutcome is the role in which it is shown how a call ended, by its word; usual is
// that of a call that ended well.
func OfOutcome(outcome string, usual Role) Role {
	switch outcome {
	case "denied":
		return Denied
	case "throttled":
		return Throttled
	case "error":
		return Error
	}
	return usual
}

// OfMark is the role in which a mark of analysts is shown; its word stands
// beside it. What is noted without a mark has that of the focus.
func OfMark(mark string) Role {
	switch mark {
	case "red":
		return Error
	case "yellow":
		return Warn
	case "green":
		return Good
	case "blue":
		return Accent
	}
	return Focus
}
