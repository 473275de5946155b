// Package physical turns a logical plan into fragments: it takes the segments that a snapshot holds, drops those that cannot
// matter, answers from statistics what needs no reading, reckons the bytes that the rest will cost, and cuts the plan where rows
// cross from the segments' nodes to the coordinator.
//
// Build is pure and synchronous. Cost grows with the segments of the tables named, never with rows.
package physical
