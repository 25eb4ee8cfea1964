package cloudtrail

import "strings"

// Records of one file resemble each other: their members come in the same order,
// and many of their values again and again. So the decoder remembers, and sees
// whether the text goes on just as it did before, which costs a fraction of
// reading it; and a value that is met again is the same string in memory, close
// at hand for those who number it. What is remembered was read the slow way once,
// so nothing is believed that was not checked.

// leads are how members begin when nothing odd is about them: ,"eventName":
var leads = makeLeads()

func makeLeads() (leads [numFields]string) {
	for id := fNone + 1; id < fUnread; id++ {
		leads[id] = `,"` + names[id] + `":`
	}
	leads[fUnread] = `,"tlsDetails":`
	return leads
}

// recurring are the fields whose values come again and again.
const recurring = 1<<fVersion | 1<<fSource | 1<<fName | 1<<fRegion | 1<<fIP | 1<<fAgent | 1<<fErrorCode | 1<<fType | 1<<fRecipient |
	1<<fVPCE | 1<<fCategory | 1<<fUnread

const (
	memorySlots = 2048 // some 100 kB, texts not counted
	// memoryMost is the longest text that is remembered, and memorySpan how much of
	// what is ahead tells texts apart.
	memoryMost = 512
	memorySpan = 128
)

// A memory is what was met before, by field and the bytes that tell most texts
// apart. Only what comes twice is kept.
type memory [memorySlots]struct {
	hash uint64
	text string // a copy, quotes included; "" when it has come but once
}

// slot is where the value of a field that starts at i would be, and its hash.
func (m *memory) slot(f *found, id field, s string, i int) (at int, hash uint64) {
	const k = 0x9e3779b97f4a7c15
	h := uint64(id)
	switch {
	case id == fAgent && f.who != nil: // the tool is the caller's, and its name begins like others
		h ^= f.who.Hash[0]
	case id == fUnread: // TLS details differ in the host, behind the version and the cipher
		h = (h^word(s, i+92))*k ^ word(s, i+100)
	default:
		h = (h^word(s, i+1))*k ^ word(s, i+9)
	}
	h *= k
	return int(h >> 53), h | 1
}

// recall returns the end of the value at i when it is one that was met before, and
// the value as it is remembered, quotes included.
func (m *memory) recall(f *found, id field, s string, i int) (text string, ok bool) {
	if recurring>>id&1 == 0 || i+memorySpan > len(s) {
		return "", false
	}
	at, _ := m.slot(f, id, s, i)
	text = m[at].text
	return text, text != "" && strings.HasPrefix(s[i:], text)
}

// learn remembers the value s[i:end], if it has come before.
func (m *memory) learn(f *found, id field, s string, i, end int) {
	if recurring>>id&1 == 0 || i+memorySpan > len(s) || end-i > memoryMost {
		return
	}
	at, hash := m.slot(f, id, s, i)
	if e := &m[at]; e.hash != hash {
		e.hash, e.text = hash, ""
	} else if e.text != "" { // another one of that hash: let the next decide
		e.hash, e.text = 0, ""
	} else if ascii(s[i:end]) {
		e.text = strings.Clone(s[i:end])
	}
}
