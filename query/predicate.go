package query

import (
	"encoding/json"
	"maps"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// A predicate is a condition on columns that a filter can't express.
type predicate struct {
	args  int
	holds func([]Value) bool
}

// predicates by name, as the where list of a saved query calls them.
var predicates = map[string]predicate{
	// the first is there and is not the second, ignoring case
	"differs": {2, func(v []Value) bool {
		return !v[0].Null && v[0].Text != "" && (v[1].Null || !strings.EqualFold(v[0].Text, v[1].Text))
	}},
	// the ARN names an account, and another than the second
	"other_account": {2, func(v []Value) bool {
		account := arnAccount(v[0].Text)
		return account != "" && v[1].Text != "" && account != v[1].Text
	}},
	// the policy allows all actions on all resources
	"allows_everything": {1, func(v []Value) bool {
		return anyAllow(v[0].Text, allowsEverything)
	}},
	// the policy admits everyone, or another account than the second
	"trusts_outsiders": {2, func(v []Value) bool {
		return anyAllow(v[0].Text, func(s statement) bool { return trustsOutsiders(s, v[1].Text) })
	}},
	// the event has it
	"present": {1, func(v []Value) bool { return !v[0].Null }},
	// a routable internet address, no private one and no service
	"public_address": {1, func(v []Value) bool {
		return isPublic(v[0].Text)
	}},
}

func predicateNames() string {
	return strings.Join(slices.Sorted(maps.Keys(predicates)), ", ")
}

// arnAccount is the account that an ARN names, or that the text is; else "".
func arnAccount(s string) string {
	if parts := strings.SplitN(s, ":", 6); len(parts) == 6 && parts[0] == "arn" {
		s = parts[4]
	}
	if len(s) == 12 && strings.Trim(s, "0123456789") == "" {
		return s
	}
	return ""
}

// carrierNAT is shared address space, RFC 6598: not routed on the internet.
var carrierNAT = netip.MustParsePrefix("100.64.0.0/10")

func isPublic(s string) bool {
	a, err := netip.ParseAddr(s)
	a = a.Unmap()
	return err == nil && a.IsGlobalUnicast() && !a.IsPrivate() && !carrierNAT.Contains(a)
}

// A statement is one of an IAM policy (IAM user guide, "Grammar of the IAM JSON
// policy language").
type statement map[string]any

// get finds an element, ignoring case as IAM's readers do.
func (s statement) get(name string) any {
	for k, v := range s {
		if strings.EqualFold(k, name) {
			return v
		}
	}
	return nil
}

// texts are the strings of an element that is one or a list.
func (s statement) texts(name string) []string { return stringsOf(s.get(name)) }

func stringsOf(v any) []string {
	switch v := v.(type) {
	case string:
		return []string{v}
	case []any:
		var list []string
		for _, e := range v {
			list = append(list, stringsOf(e)...)
		}
		return list
	}
	return nil
}

// anyAllow reports whether a policy has an Allow statement for which test holds.
// What is no policy has none: malformed and hidden documents occur.
func anyAllow(policy string, test func(statement) bool) bool {
	if strings.HasPrefix(policy, "%7B") || strings.HasPrefix(policy, "%7b") {
		if plain, err := url.PathUnescape(policy); err == nil {
			policy = plain
		}
	}
	var doc statement
	if json.Unmarshal([]byte(policy), &doc) != nil {
		return false
	}
	list, ok := doc.get("Statement").([]any)
	if !ok {
		list = []any{doc.get("Statement")}
	}
	for _, e := range list {
		s, ok := e.(map[string]any)
		if !ok {
			continue
		}
		if effect := statement(s).texts("Effect"); len(effect) == 1 && strings.EqualFold(effect[0], "Allow") && test(s) {
			return true
		}
	}
	return false
}

// allowsEverything: Action * (or all but some) on Resource *.
func allowsEverything(s statement) bool {
	every := slices.ContainsFunc(s.texts("Action"), func(a string) bool { return a == "*" || a == "*:*" })
	return (every || s.get("NotAction") != nil) && slices.Contains(s.texts("Resource"), "*")
}

// trustsOutsiders: everyone, everyone but some, or another account.
func trustsOutsiders(s statement, account string) bool {
	if s.get("NotPrincipal") != nil {
		return true
	}
	principals := s.texts("Principal")
	if m, ok := s.get("Principal").(map[string]any); ok {
		principals = statement(m).texts("AWS")
	}
	return slices.ContainsFunc(principals, func(p string) bool {
		other := arnAccount(p)
		return p == "*" || other != "" && account != "" && other != account
	})
}
