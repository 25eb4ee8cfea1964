package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"spoor/loader/loadgen"
	"spoor/query"
)

// generateCommand writes invented logs to measure with; it is no part of the
// product, and hidden.
func generateCommand(a *app) *cobra.Command {
	var o loadgen.Options
	var small bool
	cmd := &cobra.Command{
		Use: "generate DIR", Short: "invent CloudTrail logs for benchmarks", Hidden: true, Args: operand("DIR", "name the folder to write to"),
		Example: "  spoor generate /tmp/logs --events 1000000 --seed 1",
		RunE: func(_ *cobra.Command, args []string) error {
			if there, err := os.ReadDir(args[0]); err == nil && len(there) > 0 {
				return usageError{fmt.Errorf("%s is not empty: invented logs are not mixed with others", args[0]), "name a new folder"}
			}
			if small {
				o.Shape = loadgen.Small
			}
			sum, err := loadgen.Generate(args[0], o)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(a.out, "%s in %s: %d bytes of JSON, %d stored\n", query.Counted(sum.Events, "event"), query.Counted(sum.Objects, "object"), sum.Text, sum.Stored)
			return err
		},
	}
	cmd.Flags().IntVar(&o.Events, "events", 1_000_000, "how many events")
	cmd.Flags().Uint64Var(&o.Seed, "seed", 1, "the same seed gives the same logs")
	cmd.Flags().IntVar(&o.Days, "days", 3, "over how many days")
	cmd.Flags().IntVar(&o.Accounts, "accounts", 8, "how many accounts")
	cmd.Flags().IntVar(&o.Regions, "regions", 4, "how many regions of each")
	cmd.Flags().BoolVar(&small, "small", false, "objects of 5 to 60 events instead of 500 to 5,000")
	return cmd
}
