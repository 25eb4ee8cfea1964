package store

import (
	"context"
	"database/sql/driver"
	"fmt"
	"slices"
	"strings"

	"spoor/loader/change"
	"spoor/loader/cloudtrail"
	"spoor/query"
)

// resourceNames are all names that the case knows a resource by, and what tells
// it from others of the same name.
type resourceNames struct {
	asked   string
	ids     []uint32 // in domResource
	names   []string // their texts
	kind    string   // "" when it can't be told
	account string   // of names that are per account, "" when not known
	tried   []string // see addForms
}

// linkMost bounds how many events are read to learn other names of a resource.
const linkMost = 40

// resolve finds every name of a resource: the one given, the names inside and
// around it (ARN and name), and those that an event gave it beside one of these
// (the id that a call answered with).
func (db *DB) resolve(ctx context.Context, id, kind, account string) (resourceNames, error) {
	r := resourceNames{asked: id, kind: kind, account: account}
	if kind == "" {
		r.kind = change.TypeOf(id)
	}
	if a, _ := change.AccountOf(id); a != "" {
		r.account = a
	}
	if err := r.addForms(db, id); err != nil {
		return r, err
	}
	for range 2 { // a name learnt may lead to one more
		links, err := db.links(ctx, r)
		if err != nil {
			return r, err
		}
		before := len(r.ids)
		for _, l := range links {
			if err := r.addForms(db, l.name); err != nil {
				return r, err
			}
			if r.kind == "" {
				r.kind = l.kind
			}
		}
		if len(r.ids) == before {
			break
		}
	}
	return r, nil
}

// addForms adds the resources in the case that go by a name, in whatever form.
func (r *resourceNames) addForms(db *DB, name string) error {
	tried := name + "\x00" + r.kind // looking through all names once is enough
	if slices.Contains(r.tried, tried) {
		return nil
	}
	r.tried = append(r.tried, tried)
	ids, _, err := db.dicts[domResource].matching("", sameName(name, *r))
	for _, id := range ids {
		if !slices.Contains(r.ids, id) {
			r.ids = append(r.ids, id)
			r.names = append(r.names, db.dicts[domResource].text(id))
		}
	}
	return err
}

// sameName is the test for names of resources that are that of id, in whatever
// form: "b" and "arn:aws:s3:::b"; a secret with and without the random letters at
// its end; a key by its id.
func sameName(id string, r resourceNames) func(string) bool {
	name, kind, account := plainName(id, r.kind), r.kind, r.account
	_, region := change.AccountOf(id)
	return func(s string) bool {
		if name == "" || !strings.Contains(s, name) || plainName(s, kind) != name {
			return false
		}
		if t := change.TypeOf(s); t != "" && kind != "" && t != kind {
			return false
		}
		a, reg := change.AccountOf(s)
		return (a == "" || account == "" || a == account) && (reg == "" || region == "" || reg == region)
	}
}

// plainName is the name of a resource without what its forms add.
func plainName(id, kind string) string {
	name := change.NameOf(id)
	switch kind {
	case "AWS::SecretsManager::Secret":
		// Secrets Manager user guide: an ARN ends in a hyphen and six random characters.
		if n := len(name); name != id && n > 7 && name[n-7] == '-' {
			name = name[:n-7]
		}
	case "AWS::Lambda::Function":
		name, _, _ = strings.Cut(name, ":")
	case "AWS::SQS::Queue":
		name = name[strings.LastIndexByte(name, '/')+1:]
	case "AWS::SSM::Parameter":
		name = "/" + strings.TrimPrefix(name, "/")
		if !strings.HasPrefix(id, "arn:") && !strings.Contains(name[1:], "/") {
			return strings.TrimPrefix(name, "/")
		}
	case "AWS::S3::Object":
		name = strings.TrimPrefix(name, "s3://")
	}
	return name
}

// A link is a name that an event gave a resource beside another.
type link struct{ name, kind string }

// links reads the events that name a resource while making it or changing its
// name, and returns the names that they give it.
func (db *DB) links(ctx context.Context, r resourceNames) ([]link, error) {
	if len(r.ids) == 0 {
		return nil, nil
	}
	makers := db.calling(func(s string) bool {
		return strings.HasPrefix(s, "Create") || strings.HasPrefix(s, "Register") || strings.HasPrefix(s, "Update") || strings.HasPrefix(s, "Allocate")
	})
	where := all(db.about(r), anyChange, makers, expr{sql: "e.outcome = 0"})
	seqs, err := ask(ctx, db, func(ctx context.Context, c conn) ([]int64, error) {
		return numbers(ctx, c, fmt.Sprintf("SELECT e.seq FROM event_rows AS e WHERE %s ORDER BY e.seq LIMIT %d", where.sql, linkMost), where.args)
	})
	if err != nil {
		return nil, err
	}
	events, err := db.decoded(ctx, seqs)
	if err != nil {
		return nil, err
	}
	var out []link
	for _, ev := range events {
		c := change.Derive(ev)
		if c == nil || len(c.Resources) != 1 || r.kind != "" && c.ResourceType != r.kind {
			continue
		}
		forms := append([]string{c.Resources[0]}, c.Names...)
		if !slices.ContainsFunc(forms, func(s string) bool { return slices.Contains(r.names, s) }) {
			continue
		}
		for _, f := range forms {
			out = append(out, link{f, c.ResourceType})
		}
	}
	return out, nil
}

// about narrows touches to the type and account of the resource: a user and a
// role may have one name, and so may users of two accounts. ARNs need neither.
func (db *DB) about(r resourceNames) expr {
	var arns, plain []uint32
	for i, id := range r.ids {
		if strings.HasPrefix(r.names[i], "arn:") || strings.HasPrefix(r.kind, "AWS::S3::") {
			arns = append(arns, id)
		} else {
			plain = append(plain, id)
		}
	}
	return any1(db.touching(arns, r.kind), all(db.touching(plain, r.kind), db.inAccount(r.account)))
}

// touching is the condition for events that touched any of ids as a thing of
// the type, or of one that the record doesn't tell.
func (db *DB) touching(ids []uint32, kind string) expr {
	if len(ids) == 0 {
		return exprFalse
	}
	main, beside := expr{sql: inList("e.resource", "IN", ids)}, expr{sql: inList("resource", "IN", ids)}
	if kind != "" {
		kinds := []uint32{0}
		for id, s := range db.dicts[domResourceType].all() {
			if s == kind || s == "any" {
				kinds = append(kinds, uint32(id))
			}
		}
		main = all(main, expr{sql: inList("e.rtype", "IN", kinds)})
		beside = all(beside, expr{sql: inList("rtype", "IN", kinds)})
	}
	return any1(main, expr{sql: "e.seq IN (SELECT seq FROM touched WHERE " + beside.sql + ")"})
}

func (db *DB) inAccount(account string) expr {
	if account == "" {
		return exprTrue
	}
	return db.passing("e.account", domAccount, func(s string) bool { return s == account })
}

// numbers reads one column of whole numbers.
func numbers(ctx context.Context, c conn, q string, args []any) ([]int64, error) {
	var out []int64
	err := c.each(ctx, q, args, func(v []driver.Value) error {
		out = append(out, number(v[0]))
		return nil
	})
	return out, err
}

// decoded decodes the records of events.
func (db *DB) decoded(ctx context.Context, seqs []int64) ([]*cloudtrail.Event, error) {
	records, err := db.Records(ctx, seqs)
	if err != nil {
		return nil, err
	}
	var d cloudtrail.Decoder
	out := make([]*cloudtrail.Event, 0, len(records))
	for _, rec := range records {
		var ev *cloudtrail.Event
		if _, err := d.Decode(rec, func(e *cloudtrail.Event) error { c := *e; ev = &c; return nil }); err != nil {
			return nil, fmt.Errorf("decode a record: %w", err)
		}
		if ev == nil {
			ev = &cloudtrail.Event{Who: &cloudtrail.Identity{}}
		}
		out = append(out, ev)
	}
	return out, nil
}

// readersMost bounds how many readers are listed.
const readersMost = 50

// History returns what happened to one resource, whatever name the events gave
// it, and who read it.
func (db *DB) History(ctx context.Context, r query.HistoryRequest) (query.ResourceHistory, error) {
	res, err := db.resolve(ctx, r.Resource, r.Type, r.Account)
	if err != nil {
		return query.ResourceHistory{}, err
	}
	out := query.ResourceHistory{Names: []string{r.Resource}, Type: res.kind}
	for _, n := range res.names {
		if n != r.Resource {
			out.Names = append(out.Names, n)
		}
	}
	h, err := db.filter(ctx, r.Filter)
	if err != nil {
		return out, err
	}
	defer h.release()
	seen, err := db.firstSeen(ctx)
	if err != nil {
		return out, err
	}
	about := db.about(res)
	page, err := ask(ctx, db, func(ctx context.Context, c conn) (query.ChangePage, error) {
		req := query.PageRequest{Order: r.Order, N: r.N}
		return db.changeRows(ctx, c, req, all(h.where, about, anyChange), r.Order == query.Newest, seen)
	})
	if err != nil {
		return out, err
	}
	out.Changes, out.More = page.Rows, page.More
	for _, ch := range page.Rows {
		if out.Type == "" && slices.Contains(out.Names, ch.Resource) {
			out.Type = ch.ResourceType
		}
	}
	if res, err = withObjects(db, res); err != nil {
		return out, err
	}
	out.Readers, err = db.readers(ctx, all(h.where, db.about(res)))
	out.Reads = len(out.Readers) > 0
	return out, err
}

// withObjects adds the objects of a bucket: reading one reads the bucket's data.
func withObjects(db *DB, r resourceNames) (resourceNames, error) {
	if r.kind != "AWS::S3::Bucket" {
		return r, nil
	}
	prefix := "arn:aws:s3:::" + change.NameOf(r.asked) + "/"
	ids, _, err := db.dicts[domResource].matching("", func(s string) bool { return strings.HasPrefix(s, prefix) })
	for _, id := range ids {
		r.ids, r.names = append(r.ids, id), append(r.names, db.dicts[domResource].text(id))
	}
	r.kind = ""
	return r, err
}

// dataReads are the names of calls that read secrets or data, not settings.
var dataReads = []string{"GetObject", "GetObjectTorrent", "SelectObjectContent", "HeadObject", "CopyObject", "GetSecretValue", "BatchGetSecretValue", "GetParameter", "GetParameters",
	"GetParametersByPath", "GetParameterHistory", "GetPasswordData", "Decrypt", "ReEncrypt", "GetItem", "BatchGetItem", "Query", "Scan", "GetRecords", "Invoke",
	"GetSnapshotBlock", "ListSnapshotBlocks", "DownloadDBLogFilePortion", "GetAuthorizationToken", "BatchGetImage", "GetDownloadUrlForLayer", "GetConsoleScreenshot",
	"GetConsoleOutput", "ReceiveMessage", "GetLogEvents", "FilterLogEvents", "StartQuery", "AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity"}

// readers counts who read by which call.
func (db *DB) readers(ctx context.Context, where expr) ([]query.Reader, error) {
	where = all(where, expr{sql: "e.readonly"}, db.callTo(dataReads), expr{sql: "e.t IS NOT NULL"})
	if where.sql == exprFalse.sql {
		return nil, nil
	}
	q := fmt.Sprintf("SELECT i.actor, e.name, e.outcome, count(*), min(e.t), max(e.t), arg_max(e.seq, e.t) FROM event_rows AS e JOIN identities AS i ON i.id = e.who WHERE %s GROUP BY ALL ORDER BY 4 DESC, 6 DESC LIMIT %d", where.sql, readersMost)
	return ask(ctx, db, func(ctx context.Context, c conn) ([]query.Reader, error) {
		var out []query.Reader
		err := c.each(ctx, q, where.args, func(v []driver.Value) error {
			out = append(out, query.Reader{Actor: db.dicts[domPerson].text(uint32(number(v[0]))), Action: db.dicts[domName].text(uint32(number(v[1]))),
				Outcome: uint8(number(v[2])), Count: number(v[3]), First: number(v[4]), Last: number(v[5]), Seq: number(v[6])})
			return nil
		})
		return out, err
	})
}
