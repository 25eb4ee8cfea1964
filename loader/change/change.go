// Package change says in words what a mutating event did: which resource it
// touched, one short sentence in the past tense, and how grave it is. It is
// pure: a record in, a Change out, by a table of rules.
package change

// A Severity grades a change. Its words are info, low, medium, high, critical.
type Severity uint8

const (
	Info Severity = iota
	Low
	Medium
	High
	Critical
)

// A Change is what one mutating event did, or tried to do.
type Change struct {
	ResourceType string   // AWS::EC2::SecurityGroup, "" when unknown
	Resources    []string // ids as logged, the main one first; empty when the record names none
	Summary      string   // "opened tcp/22 to 0.0.0.0/0 on sg-0abc"
	Severity     Severity
	Public       bool // exposes something to everyone
	Probe        bool // a dry run: would have succeeded, changed nothing
}
