package digest

import (
	"encoding/json"
	"time"
)

type jsonReport struct {
	Summary  jsonSummary   `json:"summary"`
	Objects  []jsonObject  `json:"objects"`
	Findings []jsonFinding `json:"findings"`
	Keys     []jsonKey     `json:"keys"`
	Proven   bool          `json:"proven"`
}

type jsonSummary struct {
	Digests struct {
		Valid        int `json:"valid"`
		Invalid      int `json:"invalid"`
		Missing      int `json:"missing"`
		Unverifiable int `json:"unverifiable"`
	} `json:"digests"`
	Logs struct {
		Valid        int `json:"valid"`
		Invalid      int `json:"invalid"`
		Missing      int `json:"missing"`
		Uncovered    int `json:"uncovered"`
		Unverifiable int `json:"unverifiable"`
	} `json:"logs"`
	Gaps int     `json:"gaps"`
	From *string `json:"from"`
	To   *string `json:"to"`
}

type jsonObject struct {
	Object    string     `json:"object"`
	Kind      string     `json:"kind"`
	Verdict   string     `json:"verdict"`
	Reason    *string    `json:"reason"`
	Covers    [2]*string `json:"covers"`
	Fine      string     `json:"fine"`
	Detail    string     `json:"detail,omitempty"`
	Actual    string     `json:"actual,omitempty"`
	SHA256    string     `json:"sha256,omitempty"`
	Recorded  string     `json:"recorded_sha256,omitempty"`
	Digest    string     `json:"named_by,omitempty"`
	Signature string     `json:"signature,omitempty"`
	Key       string     `json:"key,omitempty"`
}

type jsonFinding struct {
	Type    string  `json:"type"`
	Object  string  `json:"object"`
	Detail  string  `json:"detail"`
	From    *string `json:"from"`
	To      *string `json:"to"`
	Weakens bool    `json:"weakens"`
}

type jsonKey struct {
	Fingerprint string  `json:"fingerprint"`
	Region      string  `json:"region"`
	Origin      string  `json:"origin"`
	From        *string `json:"valid_from"`
	To          *string `json:"valid_to"`
	Digests     int     `json:"digests"`
}

// MarshalJSON writes the report as `validate --format json` promises; times
// are RFC 3339 in UTC, null when there is none.
func (r *Report) MarshalJSON() ([]byte, error) {
	out := jsonReport{Objects: []jsonObject{}, Findings: []jsonFinding{}, Keys: []jsonKey{}, Proven: r.Proven()}
	s := &out.Summary
	s.Digests.Valid, s.Digests.Invalid = r.Digests.Valid, r.Digests.Invalid
	s.Digests.Missing, s.Digests.Unverifiable = r.Digests.Missing, r.Digests.Unverifiable
	s.Logs.Valid, s.Logs.Invalid, s.Logs.Missing = r.Logs.Valid, r.Logs.Invalid, r.Logs.Missing
	s.Logs.Uncovered, s.Logs.Unverifiable = r.Logs.Uncovered, r.Logs.Unverifiable
	s.Gaps, s.From, s.To = r.Gaps(), jsonTime(r.From), jsonTime(r.To)
	for _, o := range r.Objects {
		j := jsonObject{Object: o.Name, Kind: o.Kind.String(), Verdict: o.Verdict.String(), Fine: o.Fine(),
			Covers: [2]*string{jsonTime(o.From), jsonTime(o.To)}, Detail: o.Detail, Actual: o.Actual,
			SHA256: o.SHA256, Recorded: o.Recorded, Digest: o.NamedBy, Key: o.Key}
		if o.Reason != "" {
			reason := string(o.Reason)
			j.Reason = &reason
		}
		if o.Kind == Digest {
			j.Signature = o.Sign.String()
		}
		out.Objects = append(out.Objects, j)
	}
	for _, f := range r.Findings {
		out.Findings = append(out.Findings, jsonFinding{Type: string(f.Type), Object: f.Object, Detail: f.Detail,
			From: jsonTime(f.From), To: jsonTime(f.To), Weakens: f.Weakens()})
	}
	for _, k := range r.Keys {
		out.Keys = append(out.Keys, jsonKey{k.Fingerprint, k.Region, k.Origin, jsonTime(k.From), jsonTime(k.To), k.Digests})
	}
	return json.Marshal(out)
}

func jsonTime(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	text := t.UTC().Format(time.RFC3339)
	return &text
}
