package cloudtrail

import "strings"

// parseTime reads an event time: RFC 3339 as CloudTrail writes it, the basic form
// 20131102T010628Z of old creation dates, and what carriers make of them: a blank
// for the T, fractional seconds, offsets, no zone at all (UTC), epoch seconds or
// milliseconds. It returns µs since 1970 UTC, or NoTime.
func parseTime(s string) int64 {
	if len(s) == 20 && s[10] == 'T' && s[19] == 'Z' {
		return civil(s[0:4], s[5:7], s[8:10], s[11:13], s[14:16], s[17:19],
			s[4] == '-' && s[7] == '-' && s[13] == ':' && s[16] == ':')
	}
	return parseOddTime(strings.TrimSpace(s))
}

func parseOddTime(s string) int64 {
	n := digits(s)
	switch {
	case n == 8 && len(s) >= 15 && (s[8] == 'T' || s[8] == 't'):
		t := civil(s[0:4], s[4:6], s[6:8], s[9:11], s[11:13], s[13:15], true)
		return addZone(t, s[15:])
	case n == len(s) || n >= 10 && s[n] == '.':
		return parseEpoch(s, n)
	case len(s) >= 19 && (s[10] == 'T' || s[10] == 't' || s[10] == ' '):
		t := civil(s[0:4], s[5:7], s[8:10], s[11:13], s[14:16], s[17:19],
			s[4] == '-' && s[7] == '-' && s[13] == ':' && s[16] == ':')
		return addZone(t, s[19:])
	}
	return NoTime
}

// parseEpoch reads n digits as seconds (10) or milliseconds (13); a fraction of
// a second is kept.
func parseEpoch(s string, n int) int64 {
	whole := int64(0)
	for _, c := range []byte(s[:n]) {
		if n > 13 {
			return NoTime
		}
		whole = whole*10 + int64(c-'0')
	}
	switch n {
	case 13:
		return whole * 1000
	case 9, 10:
		frac, rest := fraction(s[n:])
		if rest != "" {
			return NoTime
		}
		return whole*1e6 + frac
	}
	return NoTime
}

// addZone adds what follows the seconds: a fraction, and Z, an offset or nothing.
func addZone(t int64, rest string) int64 {
	frac, rest := fraction(rest)
	rest = strings.TrimPrefix(rest, " ")
	if t == NoTime {
		return NoTime
	}
	switch {
	case rest == "" || rest == "Z" || rest == "z" || rest == "UTC":
		return t + frac
	case rest[0] != '+' && rest[0] != '-':
		return NoTime
	}
	offset := strings.Replace(rest[1:], ":", "", 1)
	if len(offset) == 2 {
		offset += "00"
	}
	if len(offset) != 4 || digits(offset) != 4 {
		return NoTime
	}
	seconds := int64(two(offset[:2]))*3600 + int64(two(offset[2:]))*60
	if rest[0] == '+' {
		seconds = -seconds
	}
	return t + frac + seconds*1e6
}

// fraction reads ".123" as microseconds, cutting off what is finer.
func fraction(s string) (micros int64, rest string) {
	if s == "" || s[0] != '.' && s[0] != ',' {
		return 0, s
	}
	n := digits(s[1:])
	scale := int64(100000)
	for _, c := range []byte(s[1 : 1+n]) {
		micros += int64(c-'0') * scale
		scale /= 10
	}
	return micros, s[1+n:]
}

// civil turns a date and time of day into µs since 1970. The day count is the
// usual one over 400-year eras that begin in March.
func civil(year, month, day, hour, minute, second string, ok bool) int64 {
	y, m, d := two(year[:2])*100+two(year[2:]), two(month), two(day)
	h, mi, s := two(hour), two(minute), two(second)
	if !ok || y|m|d|h|mi|s < 0 || m < 1 || m > 12 || d < 1 || d > monthDays(y, m) || h > 23 || mi > 59 || s > 60 {
		return NoTime
	}
	if m <= 2 {
		y--
		m += 12
	}
	dayOfYear := (153*(m-3)+2)/5 + d - 1
	days := int64(y*365+y/4-y/100+y/400+dayOfYear) - 719468
	return (days*86400 + int64(h*3600+mi*60+s)) * 1e6
}

func monthDays(y, m int) int {
	switch {
	case m == 2 && y%4 == 0 && (y%100 != 0 || y%400 == 0):
		return 29
	case m == 2:
		return 28
	case m == 4 || m == 6 || m == 9 || m == 11:
		return 30
	}
	return 31
}

// two reads two digits; a mistake gives a number below -100, so that year
// arithmetic on it stays negative.
func two(s string) int {
	a, b := s[0]-'0', s[1]-'0'
	if a > 9 || b > 9 {
		return -1 << 20
	}
	return int(a)*10 + int(b)
}
