// Package grid draws a list that may be far longer than memory. It holds only a
// window of rows around what is visible and says what it needs next; whoever
// owns it fetches that, in its own time, and fills it in:
//
//	   Need ──▶ owner asks the case in a tea.Cmd
//	grid           │
//	   ◀── Fill ───┘   the cursor stays on the row with the same key
//
// Short lists that are all in memory use Set instead and never need anything.
//
// The grid has plain methods and no Update: the owner forwards keys through
// Commands and the mouse through Click, Wheel and Drag.
package grid
