// Package text is the door through which log text reaches the screen.
//
// Nearly every string in a CloudTrail record can be chosen by whoever made the
// call: user agents, names, tags, request bodies. A terminal obeys some of the
// bytes it is sent, so raw text can hide, move, recolour or impersonate what is
// on the screen. Clean turns any string into a Safe, which only occupies cells:
//
//	log text ──Clean──▶ Safe ──Truncate, Pad, Wrap──▶ cells
//
// What is dangerous or invisible is shown, never dropped, because hidden bytes
// are evidence: ESC becomes \x1b, a bidi override ⟨U+202E⟩, a newline ⏎. Widgets
// accept nothing but Safe, so forgetting the door does not compile.
package text
