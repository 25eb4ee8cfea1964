package history

import (
	"cmp"
	"fmt"
	"strings"
)

const trail = "cloudtrail.amazonaws.com"

// trailCalls are the calls on trails.
var trailCalls = map[call]handler{
	{trail, "CreateTrail"}: func(t *track, _ Event, req, _ value) {
		t.born()
		trailSettings(t, req)
		// CloudTrail API reference, CreateTrail and StartLogging: a trail made by API logs nothing until started.
		t.assume("logging", "", "off")
	},
	{trail, "UpdateTrail"}:  func(t *track, _ Event, req, _ value) { trailSettings(t, req) },
	{trail, "DeleteTrail"}:  func(t *track, _ Event, _, _ value) { t.gone() },
	{trail, "StartLogging"}: func(t *track, _ Event, _, _ value) { t.set("logging", "", "on") },
	{trail, "StopLogging"}:  func(t *track, _ Event, _, _ value) { t.set("logging", "", "off") },
	{trail, "PutEventSelectors"}: func(t *track, _ Event, req, _ value) {
		t.replace("event selectors", selectors(req))
	},
	{trail, "PutInsightSelectors"}: func(t *track, _ Event, req, _ value) {
		facts := map[string]string{}
		for _, s := range req.at("insightSelectors").list() {
			facts[s.at("insightType").text()] = "on"
		}
		t.replace("Insights selectors", facts)
	},
}

func trailSettings(t *track, req value) {
	for _, k := range req.keys() {
		if k == "name" || k == "tagsList" {
			continue
		}
		t.set("setting "+k, "", cmp.Or(req.at(k).text(), req.at(k).compact()))
	}
}

// selectors says which events a trail records, basic and advanced form.
func selectors(req value) map[string]string {
	out := map[string]string{}
	for i, s := range req.at("eventSelectors").list() {
		parts := []string{"management events " + cmp.Or(s.at("includeManagementEvents").text(), "true"), "type " + cmp.Or(s.at("readWriteType").text(), "All")}
		if ex := s.at("excludeManagementEventSources").texts(); len(ex) > 0 {
			parts = append(parts, "without "+strings.Join(ex, ", "))
		}
		for _, d := range s.at("dataResources").list() {
			parts = append(parts, d.at("type").text()+" "+strings.Join(d.at("values").texts(), ", "))
		}
		out[fmt.Sprintf("selector %d", i+1)] = strings.Join(parts, "; ")
	}
	for i, s := range req.at("advancedEventSelectors").list() {
		key := cmp.Or(s.at("name").text(), fmt.Sprintf("advanced selector %d", i+1))
		out[key] = s.at("fieldSelectors").compact()
	}
	return out
}
