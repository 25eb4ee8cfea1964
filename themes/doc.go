// Package themes gives colours their meaning. A view never names a colour: it
// says what a piece of text is (a Role) and what it lies on (a Ground), and the
// theme says how that looks here.
//
//	dark.toml ──Parse──▶ Theme ──Styles(profile)──▶ Styles ──On(role, ground)──▶ escape codes
//
// A theme gives every role a colour as hex, an ANSI-16 number for terminals
// that have no more, and attributes for those that have none. The built-in
// themes are embedded TOML files; a user's own load the same way and are
// checked as strictly.
package themes
