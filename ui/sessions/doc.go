// Package sessions is the view of who was it really: the sessions of each user,
// newest first, with a lane over time; and, one opened, how it was signed in,
// where its credentials came from, what came of it and what it did.
//
//	list ──enter──▶ one session ──enter on a line──▶ its parent, child or event
//	 │                  │
//	 │ b                └ C with a second one: both side by side
//	 └────▶ blast radius: everything downstream, and what to contain
//
// What is opened lies on a stack; esc takes the topmost away.
package sessions
