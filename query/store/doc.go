// Package store is the case.
package store
