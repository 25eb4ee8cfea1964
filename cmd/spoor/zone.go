package main

import "time"

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
