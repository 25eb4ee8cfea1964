package query

// A ProfilePart is a part of a Profile that is worked out by itself.
type ProfilePart uint8

// The parts of a profile.
const (
	ProfileSums     ProfilePart = iota // Events, Partial, First, Last, Denied, Writes, Changes
	ProfileVolume                      // Volume
	ProfileFacets                      // Facets
	ProfileDenials                     // Denials
	ProfileSessions                    // Sessions
	ProfileParts                       // how many there are
)

// Take puts a part of another profile of the same value in place of its own.
func (p *Profile) Take(part ProfilePart, from Profile) {
	switch part {
	case ProfileSums:
		p.Events, p.Partial, p.First, p.Last = from.Events, from.Partial, from.First, from.Last
		p.Denied, p.Writes, p.Changes = from.Denied, from.Writes, from.Changes
	case ProfileVolume:
		p.Volume = from.Volume
	case ProfileFacets:
		p.Facets = from.Facets
	case ProfileDenials:
		p.Denials = from.Denials
	case ProfileSessions:
		p.Sessions = from.Sessions
	}
}

// A Profile is all about one address, key, principal, role, user or session.
type Profile struct {
	Value       string
	Fields      []string // in which it was found: ip, key, actor, …; "text" when only in the records
	Filter      Filter   // matches its events
	Events      int64
	Partial     bool  // the records are still being searched: there may be more
	First, Last int64 // µs UTC, cloudtrail.NoTime for none
	Denied      int64
	Writes      int64
	Changes     int64 // writes that succeeded
	Volume      Histogram
	Facets      []Facet // services, regions, addresses, agents, actors, keys, top calls
	Denials     Facet   // calls denied
	Sessions    SessionPage
}
