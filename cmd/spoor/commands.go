package main

import "github.com/spf13/cobra"

// commands lists every command but the root, which opens the screen.
func commands(a *app) []*cobra.Command {
	list := []*cobra.Command{
		demoCommand(a), loadCommand(a),
		eventsCommand(a), facetsCommand(a), histogramCommand(a), statsCommand(a),
		timelineCommand(a), sessionsCommand(a), profileCommand(a),
		sqlCommand(a), queriesCommand(a), caseCommand(a),
		validateCommand(a), coverageCommand(a),
		fieldsCommand(a), themesCommand(a), versionCommand(a), manCommand(a),
	}
	list = append(list, generateCommand(a))
	return append(list, topicCommands(a)...)
}
