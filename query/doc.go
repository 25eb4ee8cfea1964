// Package query is the vocabulary in which a case is asked: the fields, the
// filter language, and the shapes of questions and answers. It is pure: the
// package store turns questions into SQL, the screen and the command line put
// them and show the answers.
//
//	text ──Parse──▶ Filter ──▶ store ──▶ Page, Facets, Histogram …
//	  ▲                │
//	  └────String──────┘        Parse(f.String()) equals f
package query
