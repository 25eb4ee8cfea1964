// Package uitest holds a small case in memory for tests of views: invented
// events, some of them hostile, asked through the same methods as a real case
// and answered by the filter language's own matcher.
package uitest
