// Package queries is the view of questions: those that come with spoor, by
// topic, and one's own, each with what the case answers. They are put in the
// background (lanes.go), so that the list is there at once and fills in.
// Beside them it asks the case in SQL (sql.go): a prompt, and the answer as a table.
package queries
