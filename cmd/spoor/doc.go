// Command spoor investigates AWS CloudTrail logs in a terminal.
//
// This package parses flags and configuration, opens sources and cases, wires
// them to the screen, and phrases errors for people. It is the only one that
// knows all the others:
//
//	cmd/spoor ─▶ ui ─▶ query, loader, themes
//	    │
//	    ├──▶ query/store ─▶ query, query/session, loader
//	    └──▶ loader/{disk,s3,digest} ─▶ loader ─▶ loader/{cloudtrail,change}
//
// A command is a file: its flags, what it asks of the case, how it prints the
// answer. What all share sits in app.go (streams and flags), casepath.go (which
// case), output.go (formats and files) and errors.go (words and exit status).
package main
