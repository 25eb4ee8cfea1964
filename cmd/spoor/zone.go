package main

import (
	"cmp"
	"time"

	"spoor/loader/cloudtrail"
)

// moment writes a time of the log, µs UTC, in the zone of --tz; "" for none.
func (a *app) moment(t int64, layout string) string {
	if t == cloudtrail.NoTime {
		return ""
	}
	return time.UnixMicro(t).In(a.zone).Format(layout)
}

// stamp is moment for programs.
func (a *app) stamp(t int64) string { return a.moment(t, time.RFC3339) }

// clock is moment for the eye.
func (a *app) clock(t int64) string { return cmp.Or(a.moment(t, time.DateTime), "no time") }

// zoneChoice holds the local time zone when that is the one chosen last on a
// screen; without it that is UTC.
const zoneChoice choice = "zone"

// screenZone is the zone of --tz or config.toml, else the one chosen last on a
// screen.
func (a *app) screenZone() *time.Location {
	if !a.zoneAsked && zoneChoice.read() == time.Local.String() {
		return time.Local
	}
	return a.zone
}

// keepZone remembers a zone for the next screens, and says where that does not
// help.
func (a *app) keepZone(z *time.Location) (said string, err error) {
	if a.zoneAsked {
		return " for now; --tz or config.toml decides next time", nil
	}
	value := z.String()
	if z == time.UTC {
		value = ""
	}
	return ", kept for next time", zoneChoice.keep(value)
}
