// Package timeline is the view of who changed what: one readable line a change,
// bursts folded, with a lane per actor over time above it.
//
// It is a stack of levels. The outermost is the timeline itself, or its groups
// by actor, resource, service or day; from there a group opens, the changes a
// folded line stands for, the history of a resource, or one change before and
// after. A level is either a window on pages that are fetched by key, or a list
// that is all in memory; esc leaves it.
//
//	groups ──enter──▶ changes of the group ──space──▶ what a line stands for
//	   any change ──r──▶ history of its resource     ──b──▶ before and after
package timeline
