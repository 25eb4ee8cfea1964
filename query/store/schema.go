package store

import (
	"context"
	"fmt"
)

// Version is the format of the cases that this program writes; raise it when a
// table changes. A case of a higher one is refused, one of a lower one is made
// anew from its pack (Rebuild), whose format has a number of its own. The tables
// of sessions don't count: see renewSessions.
const Version = 2

// schema lists the statements that make an empty case, one list per slice of
// the program, each beside the code that uses its tables.
func schema() []string {
	var all []string
	for _, part := range [][]string{
		coreSchema(),
		viewSchema(),
		integritySchema(),
		annotationSchema(),
		savedSchema(),
	} {
		all = append(all, part...)
	}
	return all
}

// coreSchema makes the tables that a load fills. pack_rows has one row: how much
// of the pack is committed.
func coreSchema() []string {
	return []string{
		"CREATE TABLE pack_rows (bytes BIGINT)", "INSERT INTO pack_rows VALUES (0)",
		stringTable.ddl(), identityTable.ddl(), eventTable.ddl(), touchedTable.ddl(),
		changeTable.ddl(), mintTable.ddl(), copyTable.ddl(), objectTable.ddl(),
	}
}

// create makes the tables of a new case.
func create(ctx context.Context, c conn) error {
	return c.inTx(ctx, func() error {
		for _, s := range schema() {
			if _, err := c.exec(ctx, s); err != nil {
				return fmt.Errorf("create tables: %w", err)
			}
		}
		return nil
	})
}
