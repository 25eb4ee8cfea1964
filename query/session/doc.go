// Package session rebuilds who was at work: it folds the events of a case into
// sessions (one unbroken use of one set of credentials or one sign-in), links
// each session to the call that issued its credentials, and follows the links
// up to the human or workload at the start and down to everything that came of it.
//
//	Activity (a few GROUP BYs) ─▶ units ─▶ windows, bursts ─▶ Sessions, Spans
//	Mints (who gave out what)  ─────────────▶ links ─▶ chains, root actors
//	Details (services, agents) ─────────────────────▶ lists
//	Traces  (what all sessions left) ───────────────▶ signs of risk
//
// It sees aggregates, never events: a case of ten million events is a few
// hundred thousand rows here. Nor need it see all of them: given what new events
// touch, and the sessions above as they are known, it tells what changes. It is pure and its answer depends on nothing but
// the set of events: not on the order in which files were loaded, nor on how
// they were split.
//
// The rules are those of the CloudTrail record reference (userIdentity element)
// and of STS, sign-in and IAM Identity Center as their records show them.
package session
