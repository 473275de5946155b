// Package intern numbers distinct byte strings from 0, in the order of arrival: exactly, by a hash table whose entries hold
// texts of up to 15 bytes in place, many looked up at once so that their cache misses overlap.
//
// Table is for one goroutine and starts none. Grouping (planner/operator) and the aggregates of distinct values
// (storage/kernel/aggregate) use it.
package intern
