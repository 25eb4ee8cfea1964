package main

import (
	_ "embed"

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
