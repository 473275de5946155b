// Package errs holds the kinds of failure that everyone uses and the one error type that carries a kind, a stable code, a
// sentence for the reader, and a place in a statement.
//
// A kind is set where it is known and kept through wrapping with %w. The edges (HTTP, MySQL wire, command line) each have one
// table from kind to status. Details and hints must not contain data values from tables; they may quote the caller's own input.
package errs
