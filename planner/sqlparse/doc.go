// Package sqlparse reads one SQL statement in MySQL 8's grammar and returns it as this package's own small tree, with positions.
//
// Vitess does the parsing and none of its types leave this package. Its trees carry no positions and its parser trusts its
// input, so a token pass runs first: it bounds text and nesting, refuses what the grammar would silently misread, and keeps
// where every name and literal stands. Parse is pure and safe for concurrent use.
package sqlparse
