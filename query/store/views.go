package store

import (
	"fmt"
	"strings"
)

// viewSchema makes the views for people: stable names, texts in place of
// numbers, NULL for absent. Other slices add views of their own.
func viewSchema() []string {
	return []string{
		"CREATE VIEW events AS SELECT " + strings.Join(eventColumns(), ", ") + " FROM event_rows AS e",
		`CREATE VIEW changes AS SELECT v.seq, v.time, v.actor, v.account, v.region, v.service, v.event, v.outcome, ` +
			textOf("c", domResourceType, "rtype") + " AS resource_type, " + textOf("c", domResource, "resource") + ` AS resource, c.summary,
			(['info', 'low', 'medium', 'high', 'critical'])[c.severity + 1] AS severity, c.public, c.probe, v.ip, v.id
			FROM changes_rows AS c JOIN events AS v USING (seq)`,
		`CREATE VIEW objects AS SELECT name, size, nullif(etag, '') AS etag, CASE WHEN mtime <> 0 THEN make_timestamp(mtime) END AS modified, lower(hex(sha256)) AS sha256,
			unpacked, (['loaded', 'skipped', 'failed', 'archive'])[outcome] AS outcome, nullif(reason, '') AS reason, nullif(carrier, '') AS carrier,
			events, duplicates, invalid, nullif(notes, '') AS notes, gone, digest, make_timestamp(loaded_at) AS loaded FROM objects_rows`,
		`CREATE VIEW resources AS SELECT seq, ` + textOf("r", domResource, "resource") + " AS resource, " + textOf("r", domResourceType, "rtype") +
			` AS resource_type FROM (SELECT seq, resource, rtype FROM event_rows WHERE resource <> 0 UNION ALL SELECT seq, resource, rtype FROM touched) AS r`,
	}
}

// textOf is the text of a number. The list of all texts is made once a query and
// only when the column is asked for; a join would be made always (10M events,
// count by service: 0.4 CPU s instead of 1.2, and nothing for plain counts).
// Numbers have no gaps, see dict, so they are positions in the list.
func textOf(row string, dom domain, col string) string {
	return fmt.Sprintf("(SELECT list(text ORDER BY id) FROM strings WHERE dom = %d)[%s.%s]", dom, row, col)
}

// personOf is a text of the caller.
func personOf(col string) string {
	return fmt.Sprintf("(SELECT list(s.text ORDER BY i.id) FROM identities AS i LEFT JOIN strings AS s ON s.dom = %d AND s.id = i.%s)[e.who]", domPerson, col)
}

// guidOf spells the GUID that two numbers are.
const guidOf = `printf('%08x-%04x-%04x-%04x-%012x', e.uid_hi >> 32, (e.uid_hi >> 16) & 65535, e.uid_hi & 65535, e.uid_lo >> 48, e.uid_lo & 281474976710655)`

// eventColumns are the columns of the view events, named as the fields are.
func eventColumns() []string {
	cols := []string{"e.seq", "make_timestamp(e.t) AS time"}
	for _, c := range []struct{ name, col string }{
		{"actor", "actor"}, {"type", "type"}, {"principal", "principal"}, {"key", "key"}, {"role", "role"}, {"sessionname", "session_name"}, {"caller", "account"},
	} {
		cols = append(cols, personOf(c.col)+" AS "+c.name)
	}
	for _, c := range []struct {
		name, col string
		dom       domain
	}{
		{"account", "account", domAccount}, {"region", "region", domRegion}, {"service", "source", domSource}, {"event", "name", domName},
		{"eventtype", "etype", domEventType}, {"resource", "resource", domResource}, {"resourcetype", "rtype", domResourceType}, {"ip", "ip", domIP},
		{"agent", "agent", domAgent}, {"error", "ecode", domError}, {"message", "emsg", domMessage}, {"vpcendpoint", "vpce", domEndpoint},
	} {
		cols = append(cols, textOf("e", c.dom, c.col)+" AS "+c.name)
	}
	return append(cols,
		"(['ok', 'denied', 'throttled', 'error'])[e.outcome + 1] AS outcome", "e.readonly",
		"(['Management', 'Data', 'NetworkActivity', 'Insight', 'Aggregated', 'Other'])[e.category + 1] AS category",
		"CASE e.mfa WHEN 1 THEN false WHEN 2 THEN true END AS mfa", "e.bytes_in AS bytesin", "e.bytes_out AS bytesout",
		fmt.Sprintf("CASE e.idkind WHEN %d THEN %s WHEN %d THEN NULL ELSE %s END AS id", idGUID, guidOf, idNone, textOf("e", domID, "idtext")),
		"(SELECT list(name ORDER BY id) FROM objects_rows)[e.object] AS object", "e.off AS \"offset\"", "e.len AS length")
}
