// Package sources is the view of where events come from: every object with how
// it ended and why, and a map of account by region by day that shows what was
// listed, loaded, failed and proven. Sources are added and failures tried again
// from here.
package sources
