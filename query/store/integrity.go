package store

import (
	"context"
	"database/sql/driver"
	"encoding/hex"
	"errors"
	"fmt"
	"sync"
	"time"

	"spoor/loader/digest"
)

// A verdictRow is what a check said of one object.
type verdictRow struct {
	run int64
	digest.Object
}

// A findingRow is one finding of the last check.
type findingRow struct {
	run int64
	digest.Finding
}

// A chainRow is one chain of the last check.
type chainRow struct {
	run, n int64
	digest.Chain
}

// A checkRow is one check that was run. All are kept: they are the case's record
// of what was looked at, and when.
type checkRow struct {
	run    int64
	report *digest.Report
}

// A keyRow is a public key, kept so that a later check needs no network.
type keyRow struct {
	region string
	digest.PublicKey
}

var (
	verdictTable = table[verdictRow]{"verdict_rows", []column[verdictRow]{
		intCol("run", func(r *verdictRow) int64 { return r.run }),
		textCol("object", func(r *verdictRow) string { return r.Name }),
		textCol("actual", func(r *verdictRow) string { return r.Actual }),
		byteCol("kind", func(r *verdictRow) uint8 { return uint8(r.Kind) }),
		byteCol("verdict", func(r *verdictRow) uint8 { return uint8(r.Verdict) }),
		textCol("reason", func(r *verdictRow) string { return string(r.Reason) }),
		textCol("detail", func(r *verdictRow) string { return r.Detail }),
		intCol("covers_from", func(r *verdictRow) int64 { return micros(r.From) }),
		intCol("covers_to", func(r *verdictRow) int64 { return micros(r.To) }),
		intCol("t", func(r *verdictRow) int64 { return micros(r.Time) }),
		intCol("chain", func(r *verdictRow) int64 { return int64(r.Chain) }),
		textCol("account", func(r *verdictRow) string { return r.Account }),
		textCol("region", func(r *verdictRow) string { return r.Region }),
		textCol("recorded", func(r *verdictRow) string { return r.Recorded }),
		textCol("sha256", func(r *verdictRow) string { return r.SHA256 }),
		intCol("unpacked", func(r *verdictRow) int64 { return r.Unpacked }),
		textCol("named_by", func(r *verdictRow) string { return r.NamedBy }),
		byteCol("sign", func(r *verdictRow) uint8 { return uint8(r.Sign) }),
		textCol("key", func(r *verdictRow) string { return r.Key }),
	}}
	findingTable = table[findingRow]{"finding_rows", []column[findingRow]{
		intCol("run", func(r *findingRow) int64 { return r.run }),
		textCol("type", func(r *findingRow) string { return string(r.Type) }),
		textCol("object", func(r *findingRow) string { return r.Object }),
		textCol("detail", func(r *findingRow) string { return r.Detail }),
		intCol("covers_from", func(r *findingRow) int64 { return micros(r.From) }),
		intCol("covers_to", func(r *findingRow) int64 { return micros(r.To) }),
		intCol("chain", func(r *findingRow) int64 { return int64(r.Chain) }),
		textCol("account", func(r *findingRow) string { return r.Account }),
		textCol("region", func(r *findingRow) string { return r.Region }),
	}}
	chainTable = table[chainRow]{"chain_rows", []column[chainRow]{
		intCol("run", func(r *chainRow) int64 { return r.run }),
		intCol("n", func(r *chainRow) int64 { return r.n }),
		textCol("account", func(r *chainRow) string { return r.Account }),
		textCol("region", func(r *chainRow) string { return r.Region }),
		textCol("trail", func(r *chainRow) string { return r.Trail }),
		textCol("home", func(r *chainRow) string { return r.Home }),
		textCol("org", func(r *chainRow) string { return r.Org }),
		boolCol("backfill", func(r *chainRow) bool { return r.Backfill }),
		intCol("covers_from", func(r *chainRow) int64 { return micros(r.From) }),
		intCol("covers_to", func(r *chainRow) int64 { return micros(r.To) }),
		intCol("proven", func(r *chainRow) int64 { return micros(r.Proven) }),
		intCol("digests", func(r *chainRow) int64 { return int64(r.Digests) }),
		intCol("logs", func(r *chainRow) int64 { return int64(r.Logs) }),
	}}
	checkTable = table[checkRow]{"check_rows", []column[checkRow]{
		intCol("run", func(r *checkRow) int64 { return r.run }),
		textCol("source", func(r *checkRow) string { return r.report.Source }),
		intCol("started", func(r *checkRow) int64 { return micros(r.report.Started) }),
		intCol("finished", func(r *checkRow) int64 { return micros(r.report.Finished) }),
		intCol("covers_from", func(r *checkRow) int64 { return micros(r.report.From) }),
		intCol("covers_to", func(r *checkRow) int64 { return micros(r.report.To) }),
		boolCol("proven", func(r *checkRow) bool { return r.report.Proven() }),
		intCol("bytes", func(r *checkRow) int64 { return r.report.Bytes }),
		intCol("reused", func(r *checkRow) int64 { return int64(r.report.Reused) }),
	}}
	useTable = table[useRow]{"key_use_rows", []column[useRow]{
		intCol("run", func(r *useRow) int64 { return r.run }),
		textCol("fingerprint", func(r *useRow) string { return r.Fingerprint }),
		textCol("region", func(r *useRow) string { return r.Region }),
		textCol("origin", func(r *useRow) string { return r.Origin }),
		intCol("valid_from", func(r *useRow) int64 { return micros(r.From) }),
		intCol("valid_to", func(r *useRow) int64 { return micros(r.To) }),
		intCol("digests", func(r *useRow) int64 { return int64(r.Digests) }),
	}}
	publicKeyTable = table[keyRow]{"public_key_rows", []column[keyRow]{
		textCol("region", func(r *keyRow) string { return r.region }),
		textCol("fingerprint", func(r *keyRow) string { return r.Fingerprint }),
		textCol("der", func(r *keyRow) string { return hex.EncodeToString(r.DER) }),
		intCol("valid_from", func(r *keyRow) int64 { return micros(r.From) }),
		intCol("valid_to", func(r *keyRow) int64 { return micros(r.To) }),
		textCol("origin", func(r *keyRow) string { return r.Origin }),
	}}
)

// A useRow is a key that a check relied on.
type useRow struct {
	run int64
	digest.KeyUse
}

// integritySchema makes the tables of checks, and views of them for people.
func integritySchema() []string {
	at := func(col string) string { return "make_timestamp(nullif(" + col + ", 0)) AS " + col }
	return []string{
		verdictTable.ddl(), findingTable.ddl(), chainTable.ddl(), checkTable.ddl(), useTable.ddl(), publicKeyTable.ddl(), hashTable.ddl(),
		"CREATE VIEW verdicts AS SELECT object, actual, ['digest','log'][kind] AS kind, " +
			"['valid','invalid','missing','unverifiable','uncovered'][verdict] AS verdict, reason, detail, account, region, " +
			at("covers_from") + ", " + at("covers_to") + ", recorded, sha256, named_by, run FROM verdict_rows",
		"CREATE VIEW findings AS SELECT type, object, detail, account, region, " + at("covers_from") + ", " + at("covers_to") + ", run FROM finding_rows",
		"CREATE VIEW checks AS SELECT run, source, proven, " + at("started") + ", " + at("finished") + ", " + at("covers_from") + ", " + at("covers_to") + " FROM check_rows",
	}
}

// verdicts are what the last checks said of the objects in the case, by their
// number.
type verdicts struct {
	mu   sync.RWMutex
	byID []digest.Verdict // 0: never checked, or loaded anew since
}

func (v *verdicts) get(id uint32) digest.Verdict {
	v.mu.RLock()
	defer v.mu.RUnlock()
	if int(id) >= len(v.byID) {
		return 0
	}
	return v.byID[id]
}

// forget drops the verdicts of objects that were loaded anew.
func (v *verdicts) forget(rows []objectRow) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, r := range rows {
		if int(r.id) < len(v.byID) {
			v.byID[r.id] = 0
		}
	}
}

// loadVerdicts brings verdicts up to the tables and the manifest. What was
// loaded anew after its check has no verdict: the check was of something else.
func (db *DB) loadVerdicts(ctx context.Context, c conn) error {
	byID := []digest.Verdict{}
	q := "SELECT v.actual, v.verdict, c.finished FROM verdict_rows AS v JOIN check_rows AS c USING (run) WHERE v.actual <> '' AND v.kind = 2"
	err := c.each(ctx, q, nil, func(v []driver.Value) error {
		o, ok := db.objects.find(text(v[0]))
		if !ok || o.loaded > number(v[2]) {
			return nil
		}
		for len(byID) <= int(o.id) {
			byID = append(byID, 0)
		}
		byID[o.id] = digest.Verdict(v[1].(uint8))
		return nil
	})
	if err != nil {
		return fmt.Errorf("read verdicts: %w", err)
	}
	db.verdicts.mu.Lock()
	defer db.verdicts.mu.Unlock()
	db.verdicts.byID = byID
	return nil
}

// SaveReport keeps what a check found: from then on events show the verdict of
// their object. Verdicts of earlier checks stay for objects that this one did
// not look at; findings are those of the last check.
func (db *DB) SaveReport(ctx context.Context, r *digest.Report) error {
	db.writing.Lock()
	defer db.writing.Unlock()
	_, err := keepMade(ctx, db, checkMirror, func(ctx context.Context, c conn) (struct{}, error) {
		n, err := c.int64s(ctx, "SELECT coalesce(max(run), 0) + 1 FROM check_rows")
		if err != nil {
			return struct{}{}, err
		}
		return struct{}{}, db.saveReport(ctx, c, n[0], r)
	})
	if err != nil {
		return fmt.Errorf("save verdicts: %w", err)
	}
	_, err = ask(ctx, db, func(ctx context.Context, c conn) (struct{}, error) { return struct{}{}, db.loadVerdicts(ctx, c) })
	db.bump()
	return err
}

func (db *DB) saveReport(ctx context.Context, c conn, run int64, r *digest.Report) error {
	var rows reportRows
	rows.fill(run, r)
	for _, write := range []func() error{
		func() error { return checkTable.insert(ctx, c, []checkRow{{run, r}}) },
		func() error { return verdictTable.insert(ctx, c, rows.verdicts) },
		func() error {
			_, err := c.exec(ctx, "DELETE FROM verdict_rows WHERE run < ? AND object IN (SELECT object FROM verdict_rows WHERE run = ?)", run, run)
			return err
		},
		func() error { _, err := c.exec(ctx, "DELETE FROM finding_rows"); return err },
		func() error { _, err := c.exec(ctx, "DELETE FROM chain_rows"); return err },
		func() error { return findingTable.insert(ctx, c, rows.findings) },
		func() error { return chainTable.insert(ctx, c, rows.chains) },
		func() error { return useTable.insert(ctx, c, rows.uses) },
	} {
		if err := write(); err != nil {
			return err
		}
	}
	return nil
}

type reportRows struct {
	verdicts []verdictRow
	findings []findingRow
	chains   []chainRow
	uses     []useRow
}

func (rows *reportRows) fill(run int64, r *digest.Report) {
	for _, o := range r.Objects {
		rows.verdicts = append(rows.verdicts, verdictRow{run, o})
	}
	for _, f := range r.Findings {
		rows.findings = append(rows.findings, findingRow{run, f})
	}
	for i, ch := range r.Chains {
		rows.chains = append(rows.chains, chainRow{run, int64(i), ch})
	}
	for _, k := range r.Keys {
		rows.uses = append(rows.uses, useRow{run, k})
	}
}

// ErrNoReport says that no check of this case has finished yet.
var ErrNoReport = errors.New("no check has been run")

// Report returns what the last check found.
func (db *DB) Report(ctx context.Context) (*digest.Report, error) {
	return ask(ctx, db, func(ctx context.Context, c conn) (*digest.Report, error) {
		r := &digest.Report{}
		var run int64
		q := "SELECT run, source, started, finished, covers_from, covers_to, bytes, reused FROM check_rows ORDER BY run DESC LIMIT 1"
		err := c.each(ctx, q, nil, func(v []driver.Value) error {
			run, r.Source, r.Started, r.Finished = number(v[0]), text(v[1]), moment(v[2]), moment(v[3])
			r.From, r.To, r.Bytes, r.Reused = moment(v[4]), moment(v[5]), number(v[6]), int(number(v[7]))
			return nil
		})
		if err == nil && run == 0 {
			err = ErrNoReport
		}
		if err != nil {
			return nil, err
		}
		for _, read := range []func(context.Context, conn, int64, *digest.Report) error{readVerdicts, readFindings, readChains, readUses} {
			if err := read(ctx, c, run, r); err != nil {
				return nil, err
			}
		}
		return r, nil
	})
}

func readVerdicts(ctx context.Context, c conn, run int64, r *digest.Report) error {
	q := `SELECT object, actual, kind, verdict, reason, detail, covers_from, covers_to, t, chain, account, region, recorded, sha256,
		unpacked, named_by, sign, key FROM verdict_rows WHERE run = ? ORDER BY kind, object, actual`
	return c.each(ctx, q, []any{run}, func(v []driver.Value) error {
		o := digest.Object{
			Name: text(v[0]), Actual: text(v[1]), Kind: digest.Kind(number(v[2])), Verdict: digest.Verdict(number(v[3])),
			Reason: digest.Reason(text(v[4])), Detail: text(v[5]), From: moment(v[6]), To: moment(v[7]), Time: moment(v[8]),
			Chain: int(number(v[9])), Account: text(v[10]), Region: text(v[11]), Recorded: text(v[12]), SHA256: text(v[13]),
			Unpacked: number(v[14]), NamedBy: text(v[15]), Sign: digest.Signature(number(v[16])), Key: text(v[17]),
		}
		r.Add(o)
		return nil
	})
}

func readFindings(ctx context.Context, c conn, run int64, r *digest.Report) error {
	q := "SELECT type, object, detail, covers_from, covers_to, chain, account, region FROM finding_rows WHERE run = ? ORDER BY rowid"
	return c.each(ctx, q, []any{run}, func(v []driver.Value) error {
		r.Findings = append(r.Findings, digest.Finding{Type: digest.Reason(text(v[0])), Object: text(v[1]), Detail: text(v[2]),
			From: moment(v[3]), To: moment(v[4]), Chain: int(number(v[5])), Account: text(v[6]), Region: text(v[7])})
		return nil
	})
}

func readChains(ctx context.Context, c conn, run int64, r *digest.Report) error {
	q := `SELECT account, region, trail, home, org, backfill, covers_from, covers_to, proven, digests, logs
		FROM chain_rows WHERE run = ? ORDER BY n`
	return c.each(ctx, q, []any{run}, func(v []driver.Value) error {
		r.Chains = append(r.Chains, digest.Chain{Account: text(v[0]), Region: text(v[1]), Trail: text(v[2]), Home: text(v[3]), Org: text(v[4]),
			Backfill: v[5].(bool), From: moment(v[6]), To: moment(v[7]), Proven: moment(v[8]), Digests: int(number(v[9])), Logs: int(number(v[10]))})
		return nil
	})
}

func readUses(ctx context.Context, c conn, run int64, r *digest.Report) error {
	q := "SELECT fingerprint, region, origin, valid_from, valid_to, digests FROM key_use_rows WHERE run = ? ORDER BY rowid"
	return c.each(ctx, q, []any{run}, func(v []driver.Value) error {
		r.Keys = append(r.Keys, digest.KeyUse{Fingerprint: text(v[0]), Region: text(v[1]), Origin: text(v[2]),
			From: moment(v[3]), To: moment(v[4]), Digests: int(number(v[5]))})
		return nil
	})
}

// moment is a time kept as µs UTC, 0 for none.
func moment(v driver.Value) time.Time { return momentOf(number(v)) }

func momentOf(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.UnixMicro(n).UTC()
}

// SaveKeys keeps public keys in the case. A key that is there already is not
// kept twice.
func (db *DB) SaveKeys(ctx context.Context, ring *digest.KeyRing) error {
	db.writing.Lock()
	defer db.writing.Unlock()
	old, err := db.Keys(ctx)
	if err != nil {
		return err
	}
	var rows []keyRow
	for _, region := range ring.Regions() {
		for _, k := range ring.Of(region) {
			if !old.Has(region, k) {
				old.Add(region, k)
				rows = append(rows, keyRow{region, k})
			}
		}
	}
	_, err = keepMade(ctx, db, checkMirror, func(ctx context.Context, c conn) (struct{}, error) {
		return struct{}{}, publicKeyTable.insert(ctx, c, rows)
	})
	if err != nil {
		return fmt.Errorf("save keys: %w", err)
	}
	return nil
}

// Keys returns the public keys that the case holds.
func (db *DB) Keys(ctx context.Context) (*digest.KeyRing, error) {
	return ask(ctx, db, func(ctx context.Context, c conn) (*digest.KeyRing, error) {
		ring := &digest.KeyRing{}
		err := c.each(ctx, "SELECT region, der, valid_from, valid_to, origin FROM public_key_rows ORDER BY rowid", nil, func(v []driver.Value) error {
			der, err := hex.DecodeString(text(v[1]))
			if err != nil {
				return err
			}
			k, err := digest.NewPublicKey(der, moment(v[2]), moment(v[3]))
			k.Origin = text(v[4])
			ring.Add(text(v[0]), k)
			return err
		})
		return ring, err
	})
}
