package main

import (
	_ "embed"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"spoor/query"
)

//go:embed topics/sessions.txt
var sessionsTopic string

//go:embed topics/integrity.txt
var integrityTopic string

//go:embed topics/timeline.txt
var timelineTopic string

//go:embed topics/casework.txt
var caseworkTopic string

//go:embed topics/demo.txt
var demoTopic string

// topicCommands are pages of the manual that no command owns: spoor help filter.
func topicCommands(a *app) []*cobra.Command {
	topic := func(name, short, long string) *cobra.Command {
		return &cobra.Command{Use: name, Short: short, Long: long}
	}
	return []*cobra.Command{
		topic("filter", "how to write a FILTER", query.Grammar()),
		keysTopic(a),
		topic("config", "what config.toml can hold", configText()),
		topic("casework", "marks, notes, tags, names of accounts, and merging cases", caseworkTopic),
		topic("integrity", "what validation proves and what it can't", integrityTopic),
	}
}

// strictGroups has commands that only hold others refuse a name that none of them
// has, where cobra shows their help and is content.
func strictGroups(root *cobra.Command) {
	for _, c := range root.Commands() {
		if !c.HasSubCommands() || c.Runnable() {
			continue
		}
		c.RunE = func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return cmd.Help()
			}
			e := usageError{fmt.Errorf("unknown command %q for %q", args[0], cmd.CommandPath()), cmd.CommandPath() + " --help lists them"}
			if near := query.Suggest(args[0], names(cmd)); near != "" {
				e.hint = "did you mean " + cmd.CommandPath() + " " + near + "?"
			}
			return e
		}
	}
}

// names are those of the commands that one holds.
func names(cmd *cobra.Command) []string {
	var out []string
	for _, c := range cmd.Commands() {
		out = append(out, c.Name())
	}
	return out
}

// strictHelp has help refuse what there is no help on, where cobra shows the
// main page and is content.
func strictHelp(root *cobra.Command) {
	root.InitDefaultHelpCmd()
	help, _, _ := root.Find([]string{"help"})
	help.Short = "help on a command or topic"
	show := help.Run
	help.Run = nil
	help.RunE = func(cmd *cobra.Command, args []string) error {
		if _, rest, err := root.Find(args); err != nil || len(rest) > 0 {
			e := usageError{fmt.Errorf("no help on %q", strings.Join(args, " ")), "spoor help lists the commands and topics"}
			if near := query.Suggest(args[0], names(root)); near != "" {
				e.hint = "did you mean spoor help " + near + "?"
			}
			return e
		}
		show(cmd, args)
		return nil
	}
}
