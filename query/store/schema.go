package store

import (
	"context"
	"fmt"
)

// Version is the format of the cases that this program writes. A case of a
// higher one is refused.
const Version = 1

// schema lists the statements that make an empty case, one list per slice of
// the program, each beside the code that uses its tables.
func schema() []string {
	var all []string
	for _, part := range [][]string{
		coreSchema(),
		viewSchema(),
		integritySchema(),
		annotationSchema(),
		sessionSchema(),
		savedSchema(),
	} {
		all = append(all, part...)
	}
	return all
}

// coreSchema makes the tables that a load fills.
func coreSchema() []string {
	return []string{
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
