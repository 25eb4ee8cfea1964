// Package integrity is the view that says whether the log files can be trusted:
// a strip per account, region and trail with a cell an hour, and below it what
// is wrong, worst first. A check runs in the background; it can be stopped, and
// goes on where it stopped.
//
//	summary or progress
//	111122223333 us-east-1 main  ▇▇▇▇✗▇▇▁▁▁▇▇▇     strips
//	03-09 18:00                                    axis, cell under the cursor
//	▾ changed after delivery  1 log                problems
//	    s3://…
//
// The view knows reports of package digest and nothing of how they come about.
package integrity
