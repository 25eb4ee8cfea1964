package themes

// Glyphs is a set of signs; each is one cell wide. Every state that has a
// colour also has one of these or a word.
type Glyphs struct {
	Bars           [9]string // a bar from empty to full, in eighths
	Shade          string    // a lane's quiet stretch
	H, V           string    // rules
	Heavy          string    // the rule of the focused pane
	TL, TR, BL, BR string    // corners of an overlay
	Thumb, Track   string    // scroll bar
	Open, Closed   string    // folds
	Cursor         string    // marks the current row in a narrow margin
	Yes, No        string
	Dot            string
	Right, Up      string
	Down           string
	Ellipsis       string
	Close          string // removes a chip
	Mark           string
	Spin           []string
}

// Unicode returns the signs for terminals and fonts with box drawing and blocks.
func Unicode() Glyphs {
	return Glyphs{
		Bars: [9]string{" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"}, Shade: "░",
		H: "─", V: "│", Heavy: "━", TL: "┌", TR: "┐", BL: "└", BR: "┘",
		Thumb: "┃", Track: "│", Open: "▾", Closed: "▸", Cursor: "▌", Yes: "✓", No: "✗", Dot: "·",
		Right: "→", Up: "↑", Down: "↓", Ellipsis: "…", Close: "×", Mark: "◆",
		Spin: []string{"⠋", "⠙", "⠸", "⠴", "⠦", "⠇"},
	}
}

// ASCII returns signs that every console and font has.
func ASCII() Glyphs {
	return Glyphs{
		Bars: [9]string{" ", ".", ".", ":", ":", "=", "=", "#", "#"}, Shade: ".",
		H: "-", V: "|", Heavy: "=", TL: "+", TR: "+", BL: "+", BR: "+",
		Thumb: "#", Track: "|", Open: "v", Closed: ">", Cursor: ">", Yes: "+", No: "x", Dot: ".",
		Right: ">", Up: "^", Down: "v", Ellipsis: "~", Close: "x", Mark: "*",
		Spin: []string{"|", "/", "-", "\\"},
	}
}
