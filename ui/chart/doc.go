// Package chart is the histogram of events over time, split by outcome, with a
// brush: a stretch of time marked by keys or by dragging the mouse, to zoom to.
//
// It is a widget with a question of its own, so that every view that shows
// events over time shows them alike.
package chart
