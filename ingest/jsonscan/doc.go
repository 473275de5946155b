// Package jsonscan cuts JSON Lines into records and fields: one JSON object a line, whose keys are the columns. No types, no meaning.
//
// A Scanner fills chunks as csvscan does, so that everything behind it is the same for both. Lines are cut by a csvscan.Scanner (so
// limits, blank lines, line ends and offsets are its), then read strictly by RFC 8259. A field's bytes are what a cell of a CSV would be:
// of a string its characters, of a number or a boolean its text as it stands, of null nothing. A key that a line does not have is a field
// of nothing as well.
//
// Keys get their places in the order in which they first stand in the file; names that differ in case alone are one key. A line in which
// a key stands twice, or whose value is an object or a list where no column can take one, is FaultTold, as is whatever is no JSON object.
// A Scanner belongs to one goroutine.
package jsonscan
