package store

import (
	"context"
	"fmt"
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
	rows  []identityRow        // by number
	known map[[2]uint64]uint32 // a writer's; nil until index
	saved int
}

func newPeople() *people { return &people{rows: make([]identityRow, 1), saved: 1} }

// index makes ready to find identities by hash, unless it is. Only the writer
// calls it, before it asks for the first number.
func (p *people) index() {
	if p.known != nil {
		return
	}
	p.known = make(map[[2]uint64]uint32, len(p.rows))
	for i := range p.rows {
		if r := &p.rows[i]; r.id != 0 { // not a number left out by a failed commit
			p.known[[2]uint64{r.hi, r.lo}] = r.id
		}
	}
}

// id returns the number of an identity, a new one if need be. Only the writer
// calls it.
func (p *people) id(w *cloudtrail.Identity, d *dict) uint32 {
	if id, ok := p.known[w.Hash]; ok {
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
	p.known[w.Hash] = row.id
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
	n, err := c.int64s(ctx, "SELECT coalesce(max(id), 0) FROM identities")
	if err != nil {
		return err
	}
	rows := make([]identityRow, n[0]+1) // numbers that a failed commit left out stay unused
	q := fmt.Sprintf("SELECT id, hash_hi, hash_lo, coalesce(created, (%d)::BIGINT), kind, mfa, assumed_root, from_console", cloudtrail.NoTime)
	for _, name := range whoColumns {
		q += ", " + name
	}
	err = c.chunks(ctx, q+" FROM identities", nil, func(v vectors) error {
		ids, hi, lo, created, kind, mfa, root, console := v.ids(0), v.words(1), v.words(2), v.ints(3), v.bytes(4), v.bytes(5), v.bools(6), v.bools(7)
		for i, id := range ids {
			rows[id] = identityRow{id: id, hi: hi[i], lo: lo[i], created: created[i], kind: kind[i], mfa: mfa[i], assumedRoot: root[i], fromConsole: console[i]}
		}
		for k := range whoTexts {
			texts := v.ids(8 + k)
			for i, id := range ids {
				rows[id].texts[k] = texts[i]
			}
		}
		return nil
	})
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rows, p.saved = rows, len(rows)
	return err
}
