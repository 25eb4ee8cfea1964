package store

import (
	"context"
	"database/sql/driver"
	"time"

	"spoor/query"
)

// gapSQL finds silences: pauses of an hour or more, and of at least twenty times
// the usual pause, between the events of one account and region that has a
// hundred or more (fact sheet section 8: a series that normally has events).
const gapSQL = `
WITH steps AS (
  SELECT account, region, t, lag(t) OVER (PARTITION BY account, region ORDER BY t) AS before FROM event_rows WHERE t IS NOT NULL
), usual AS (
  SELECT account, region, (max(t) - min(t)) / count(*) AS pause FROM steps GROUP BY account, region HAVING count(*) >= 100
)
SELECT account, region, before, t FROM steps JOIN usual USING (account, region)
WHERE t - before >= 3600000000 AND t - before >= 20 * pause
ORDER BY before, account, region LIMIT 1000`

// Gaps lists the silences of the case, oldest first, a thousand at most. It
// reads the times of all events.
func (db *DB) Gaps(ctx context.Context) ([]query.Gap, error) {
	return ask(ctx, db, func(ctx context.Context, c conn) (gaps []query.Gap, err error) {
		err = c.each(ctx, gapSQL, nil, func(v []driver.Value) error {
			gaps = append(gaps, query.Gap{
				Account: db.dicts[domAccount].text(uint32(number(v[0]))), Region: db.dicts[domRegion].text(uint32(number(v[1]))),
				From: time.UnixMicro(number(v[2])).UTC(), To: time.UnixMicro(number(v[3])).UTC(),
			})
			return nil
		})
		return gaps, err
	})
}
