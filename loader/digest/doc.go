// Package digest says whether log files can be trusted. CloudTrail delivers,
// every hour and for each region, a signed digest file that names the log files
// of that hour with their hashes and points at the digest before it. Validate
// walks every such chain it finds, through any loader.Source, and gives each
// object a verdict:
//
//	list ─▶ digests ─read─▶ judge each, newest first ─▶ links, gaps, holes
//	   └──▶ logs ───────────hash─────┴─▶ named: valid, invalid, missing …
//	                                 └─▶ not named: uncovered
//
// A digest is proven by its signature, which lies in its object metadata and,
// once more, in the next digest: so a plain copy on disk, which has lost all
// metadata, still proves all but the newest digest of a chain. It goes on after
// every error; what it could not look at is in the report too.
//
// Rules: AWS CloudTrail User Guide, "Validating CloudTrail log file integrity"
// and "CloudTrail digest file structure".
package digest
