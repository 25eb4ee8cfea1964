// Package pane is the contract between the root of the screen and what is shown
// on it: what a pane is told, what it may ask for, and what a command is.
//
// A pane is a rectangle with state of its own: the events table, the facets, the
// timeline. The root owns everything shared (filter, order, time range, theme,
// zone, overlays, the key table) and routes; it never draws rows. A pane never
// imports another pane, nor the root.
//
//	         State (filter, zone, styles …)
//	root ───────────────Sync──────────────▶ pane
//	 ▲  ───────keys by Commands, messages─▶   │
//	 └──────────── Intent, tea.Cmd ───────────┘
//
// # How a view plugs in
//
// Write a package ui/NAME with a type that has the methods of Pane, declare there
// the one- or two-method reader it needs (with types of package query), and hand
// it to ui.Options.Views. Then:
//
//   - Sync is called when the view is shown and, while it is shown, whenever the
//     State changes. Start queries there when State.Asked or State.Data moved on,
//     in a tea.Cmd, with a context of your own: cancel it when a newer question
//     replaces it. Tag replies with Asked and drop late ones in Update.
//   - Update gets your own replies (every pane sees every message it might own;
//     keep message types unexported), keys that no command claimed, and mouse
//     messages with coordinates of your rectangle.
//   - Commands lists every key you react to. They feed keys, palette, help and
//     footer; a clash or a missing help line fails a test. A list gets its
//     movement keys from grid.Commands.
//   - To change what others see, return an Intent: Pick to filter by a value,
//     Evidence to open the events behind a figure, OpenEvent for one event.
//   - View returns exactly the size last given to Resize. All log text goes through
//     ui/text; rows are best drawn by ui/grid.
package pane
