package store

import (
	"context"
	"database/sql/driver"
	"sync"

	"spoor/loader/cloudtrail"
)

// Texts of an identity, by their place in an identityRow.
const (
	whoActor = iota
	whoType
	whoPrincipal // what the field "principal" shows: the ARN, else the principal id
	whoPrincipalID
	whoARN
	whoAccount
	whoKey
	whoUserName
	whoInvokedBy
	whoDelegate
	whoProvider
	whoRole
	whoRoleARN
	whoSessionName
	whoIssuerType
	whoIssuerARN
	whoSourceIdentity
	whoSignIn
	whoOnBehalfOf
	whoCredentialID
	whoCredentialsFor
	whoEC2Delivery
	whoTexts
)

var whoColumns = [whoTexts]string{"actor", "type", "principal", "principal_id", "arn", "account", "key", "user_name", "invoked_by",
	"delegate", "provider", "role", "role_arn", "session_name", "issuer_type", "issuer_arn", "source_identity", "signin_session",
	"on_behalf_of", "credential_id", "credentials_for", "ec2_delivery"}

// An identityRow is a decoded userIdentity: its texts by number.
type identityRow struct {
	id          uint32
	hi, lo      uint64
	created     int64 // µs UTC or cloudtrail.NoTime
	kind, mfa   uint8
	assumedRoot bool
	fromConsole bool
	texts       [whoTexts]uint32
}

var identityTable = table[identityRow]{"identities", identityColumns()}

func identityColumns() []column[identityRow] {
	cols := []column[identityRow]{
		idCol("id", func(r *identityRow) uint32 { return r.id }),
		u64Col("hash_hi", func(r *identityRow) uint64 { return r.hi }),
		u64Col("hash_lo", func(r *identityRow) uint64 { return r.lo }),
		optCol("created", cloudtrail.NoTime, func(r *identityRow) int64 { return r.created }),
		byteCol("kind", func(r *identityRow) uint8 { return r.kind }),
		byteCol("mfa", func(r *identityRow) uint8 { return r.mfa }),
		boolCol("assumed_root", func(r *identityRow) bool { return r.assumedRoot }),
		boolCol("from_console", func(r *identityRow) bool { return r.fromConsole }),
	}
	for i, name := range whoColumns {
		cols = append(cols, idCol(name, func(r *identityRow) uint32 { return r.texts[i] }))
	}
	return cols
}

// people numbers identities: the table identities, in memory. Number 0 is no
// identity at all and never used by an event.
type people struct {
	mu    sync.RWMutex
	rows  []identityRow // by number
	index map[[2]uint64]uint32
	saved int
}

func newPeople() *people {
	return &people{rows: make([]identityRow, 1), index: make(map[[2]uint64]uint32), saved: 1}
}

// id returns the number of an identity, a new one if need be. Only the writer
// calls it.
func (p *people) id(w *cloudtrail.Identity, d *dict) uint32 {
	if id, ok := p.index[w.Hash]; ok {
		return id
	}
	row := identityRow{
		hi: w.Hash[0], lo: w.Hash[1], created: w.Created, kind: uint8(w.Kind), mfa: uint8(w.MFA),
		assumedRoot: w.AssumedRoot, fromConsole: w.FromConsole,
	}
	principal := w.ARN
	if principal == "" {
		principal = w.PrincipalID
	}
	for i, s := range [whoTexts]string{w.Actor, w.Type, principal, w.PrincipalID, w.ARN, w.Account, w.AccessKey, w.UserName, w.InvokedBy,
		w.Delegate, w.Provider, w.Role, w.RoleARN, w.SessionName, w.IssuerType, w.IssuerARN, w.SourceIdentity, w.SignInSession,
		w.OnBehalfOf, w.CredentialID, w.CredentialsFor, w.EC2Delivery} {
		row.texts[i] = d.id(s)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	row.id = uint32(len(p.rows))
	p.rows = append(p.rows, row)
	p.index[w.Hash] = row.id
	return row.id
}

// all returns the identities by number as they are now.
func (p *people) all() []identityRow {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.rows[:len(p.rows):len(p.rows)]
}

// get returns the identity of a number.
func (p *people) get(id uint32) identityRow {
	p.mu.RLock()
	defer p.mu.RUnlock()
	if int(id) < len(p.rows) {
		return p.rows[id]
	}
	return identityRow{}
}

// load reads the table.
func (p *people) load(ctx context.Context, c conn) error {
	q := "SELECT id, hash_hi, hash_lo, coalesce(created, ?), kind, mfa, assumed_root, from_console"
	for _, name := range whoColumns {
		q += ", " + name
	}
	return c.each(ctx, q+" FROM identities ORDER BY id", []any{cloudtrail.NoTime}, func(v []driver.Value) error {
		row := identityRow{
			id: v[0].(uint32), hi: v[1].(uint64), lo: v[2].(uint64), created: number(v[3]), kind: v[4].(uint8), mfa: v[5].(uint8),
			assumedRoot: v[6].(bool), fromConsole: v[7].(bool),
		}
		for i := range row.texts {
			row.texts[i] = v[8+i].(uint32)
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		for len(p.rows) <= int(row.id) { // numbers that a failed commit left out stay unused
			p.rows = append(p.rows, identityRow{})
		}
		p.rows[row.id] = row
		p.index[[2]uint64{row.hi, row.lo}] = row.id
		p.saved = len(p.rows)
		return nil
	})
}
