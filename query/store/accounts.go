package store

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"spoor/query"
)

// accountsName is the file in a case with the names of its accounts: plain text,
// so that people can edit it and a case that is loaded anew keeps it.
const accountsName = "accounts.toml"

// accounts are the names of accounts: the case's own before the user's.
type accounts struct {
	mu    sync.RWMutex
	own   query.Accounts // never changed, only replaced, as known
	users query.Accounts
	known query.Accounts // both
}

// readAccounts takes the user's names and reads the case's own.
func (db *DB) readAccounts(users query.Accounts) error {
	own := query.Accounts{}
	if db.path != Memory {
		b, err := os.ReadFile(filepath.Join(db.path, accountsName))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if own, err = query.ReadAccounts(bytes.NewReader(b)); err != nil {
			return fmt.Errorf("%s: %w", filepath.Join(db.path, accountsName), err)
		}
	}
	db.accounts.own, db.accounts.users, db.accounts.known = own, users, own.Over(users)
	return nil
}

// Accounts returns the names of accounts, those of the case before the user's.
// It is not to be changed.
func (db *DB) Accounts() query.Accounts {
	db.accounts.mu.RLock()
	defer db.accounts.mu.RUnlock()
	return db.accounts.known
}

// ownAccounts are the names that the case itself keeps.
func (db *DB) ownAccounts() query.Accounts {
	db.accounts.mu.RLock()
	defer db.accounts.mu.RUnlock()
	return db.accounts.own
}

// NameAccount keeps a name for an account in the case; "" takes it away.
func (db *DB) NameAccount(id, name string) error {
	if err := query.CheckAccount(id, name); err != nil {
		return err
	}
	db.accounts.mu.Lock()
	defer db.accounts.mu.Unlock()
	own := maps.Clone(db.accounts.own)
	if own == nil {
		own = query.Accounts{}
	}
	if own[id] = name; name == "" {
		delete(own, id)
	}
	if err := db.writeAccounts(own); err != nil {
		return classify(db.path, fmt.Errorf("name account %s: %w", id, err))
	}
	db.accounts.own, db.accounts.known = own, own.Over(db.accounts.users)
	db.bump()
	return nil
}

// writeAccounts replaces the file in one step.
func (db *DB) writeAccounts(own query.Accounts) error {
	if db.path == Memory {
		return nil
	}
	return replaceFile(filepath.Join(db.path, accountsName), func(w io.Writer) error { return query.WriteAccounts(w, own) })
}

// orName is a test of account ids that lets names pass, too: account:prod finds
// the account called so.
func (db *DB) orName(test func(string) bool) func(string) bool {
	names := db.Accounts()
	return func(id string) bool {
		if test(id) {
			return true
		}
		name := names[id]
		return name != "" && test(name)
	}
}

// nameBegins reports whether a value is an account whose name begins with a
// prefix in lower case.
func (db *DB) nameBegins(field, id, prefix string) bool {
	return (field == "account" || field == "caller") && strings.HasPrefix(strings.ToLower(db.Accounts()[id]), prefix)
}
