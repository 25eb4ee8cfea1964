// Package change says in words what a mutating event did: which resource it
// touched, one short sentence in the past tense, and how grave it is. It is
// pure: a record in, a Change out, by a table of rules (changes.csv), a row
// per API:
//
//	eventSource, eventName   the API, its date suffix taken off
//	type                     of the resource; "any" when the call takes several types
//	resource                 path to the resource's id, the first alternative that finds one
//	also                     further paths: bare ones give other names of the same resource
//	                         (its ARN, its unique id), Type=path gives other resources touched
//	sentence                 begins with a verb in the past tense; {path|filter} is a value,
//	                         [text {path}] is said only when its values are there, and so is
//	                         text that leads to a value ("to {path}", "({path})")
//	severity                 of the deed: info, low, medium, high, critical; "high if path"
//	                         is low where the path finds nothing (access taken away), and
//	                         "high if path=value or path=value else medium" goes by values
//	public                   "said" when the filters of the sentence tell exposure to
//	                         everyone; path=value for a value that does
//
// A path is a||b (the first that finds something), a+b (joined), of members
// from one of the roots req res add svc uid ctx rec, or resources[Type].ARN;
// x[] goes through all elements. Keys match ignoring case. An API without a
// row is described by its name: "deleted NAT gateway nat-0abc".
package change

import "fmt"

// A Severity grades a change. Its words are info, low, medium, high, critical.
type Severity uint8

const (
	Info Severity = iota
	Low
	Medium
	High
	Critical
)

var severities = [...]string{"info", "low", "medium", "high", "critical"}

// String returns the word for s.
func (s Severity) String() string { return severities[min(int(s), len(severities)-1)] }

// Raise returns the next graver severity; critical stays.
func (s Severity) Raise() Severity { return min(s+1, Critical) }

// ParseSeverity returns the severity that a word names.
func ParseSeverity(word string) (Severity, error) {
	for i, w := range severities {
		if w == word {
			return Severity(i), nil
		}
	}
	return 0, fmt.Errorf("severity %q: expected info, low, medium, high or critical", word)
}

// A Change is what one mutating event did, or tried to do.
type Change struct {
	ResourceType string   // AWS::EC2::SecurityGroup, "" when unknown
	Resources    []string // ids as logged, the main one first; empty when the record names none
	Names        []string // other names of the one resource: its ARN, its unique id; empty when there are several resources
	Also         []Ref    // other resources that the event touched: the policy attached, the user added
	Summary      string   // "opened tcp/22 to 0.0.0.0/0 on sg-0abc"; at most about 300 bytes, valid UTF-8, may hold control characters
	Severity     Severity
	Public       bool // exposes something to everyone
	Probe        bool // a dry run: would have succeeded, or been refused, and changed nothing
}

// A Ref names a resource.
type Ref struct {
	Type string
	ID   string
}
