package session

import (
	"encoding/binary"
	"slices"
	"strings"

	"github.com/zeebo/xxh3"

	"spoor/loader/cloudtrail"
)

// Traces are what signs of risk are read from: what all sessions of a case left,
// in the order of the sessions, in numbers. One list or name stands for thousands
// of sessions.
type Traces struct {
	All   []Trace
	names *register[string]
	lists *register[[]string]
	hash  xxh3.Hasher
}

// A Trace is what one session left.
type Trace struct {
	start, end           int64
	root, account, named uint32 // names: root actor, account, and session name of an instance
	ips, agents, seen    uint32 // lists
	way                  way
	actorKind, rootKind  cloudtrail.Kind
	mfa                  cloudtrail.MFA
}

// A way is how somebody was at work.
type way uint8

const (
	otherwise way = iota
	inConsole
	withKeys
	throughService
	asService
)

var ways = map[Kind]way{SignIn: inConsole, Console: inConsole, TemporaryKey: withKeys, LongTermKey: withKeys, Stamped: withKeys, Forwarded: throughService, Service: asService}

// A register numbers what it is given; 0 is the absent. It keeps a hash of what
// tells a thing from others, for that may be long.
type register[T any] struct {
	all    []T
	number map[xxh3.Uint128]uint32
}

func newRegister[T any]() *register[T] {
	return &register[T]{all: make([]T, 1), number: map[xxh3.Uint128]uint32{}}
}

func (r *register[T]) enter(h *xxh3.Hasher, own func() T) uint32 {
	key := h.Sum128()
	n, ok := r.number[key]
	if !ok {
		n = uint32(len(r.all))
		r.all = append(r.all, own())
		r.number[key] = n
	}
	return n
}

// NewTraces makes room for the traces of n sessions.
func NewTraces(n int) *Traces {
	return &Traces{All: make([]Trace, 0, n), names: newRegister[string](), lists: newRegister[[]string]()}
}

// Others makes room for the traces of another n sessions, which may be some of
// these; lists and names are shared.
func (t *Traces) Others(n int) *Traces {
	return &Traces{All: make([]Trace, 0, n), names: t.names, lists: t.lists}
}

// Trace makes the trace of a session, to be added to All.
func (t *Traces) Trace(s *Session) Trace {
	out := Trace{start: s.Start, end: s.End, root: t.name(s.RootActor), account: t.name(s.Account),
		ips: t.list(s.IPs), agents: t.list(s.Agents), way: ways[s.Kind], actorKind: s.ActorKind, rootKind: s.RootKind, mfa: s.MFA}
	if s.ActorKind == cloudtrail.KindInstance {
		out.named, out.seen = t.name(s.SessionName), t.list(s.Seen)
	}
	return out
}

func (t *Traces) name(s string) uint32 {
	if s == "" {
		return 0
	}
	t.hash.Reset()
	_, _ = t.hash.WriteString(s)
	return t.names.enter(&t.hash, func() string { return strings.Clone(s) })
}

func (t *Traces) list(list []string) uint32 {
	if len(list) == 0 {
		return 0
	}
	t.hash.Reset()
	for _, s := range list {
		var n [4]byte // ("a", "bc") is not ("ab", "c")
		binary.LittleEndian.PutUint32(n[:], uint32(len(s)))
		_, _ = t.hash.Write(n[:])
		_, _ = t.hash.WriteString(s)
	}
	return t.lists.enter(&t.hash, func() []string { return slices.Clone(list) })
}
