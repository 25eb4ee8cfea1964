// Package ui is the screen: one Bubble Tea model that owns what all views share
// and routes to the panes that show it.
//
//	            key ──▶ overlay? ─▶ filter line? ─▶ command table ─▶ pane
//	Update ─┬─ mouse ─▶ overlay? ─▶ tabs, chips, hints ─▶ pane under it
//	        └─ reply ─▶ every pane; each knows its own by number
//
//	View ◀── layout(size, shape) ──▶ header · panes joined line by line · footer
//
// What is shared is a lens: filter, switched-off conditions, time range, order.
// A lens is a value, so undo is an index into a slice. Every change of the lens
// raises State.Asked, and panes drop answers to older questions. Nothing here
// waits: questions run in commands, and the screen is drawn with what is known.
//
// There is one command table. Keys, palette, help, footer hints and mouse
// targets are all made from it; see package pane for how a view joins in.
package ui
