// Package convert turns the cells of scanned records into typed columns, strictly: what a column's type cannot hold exactly is
// a reject with a reason, never rounded, cut or guessed. It also finds the types a file needs, from every cell of it.
//
// A Converter makes one Result of one csvscan.Chunk, column by column, without an allocation per cell. It belongs to one
// goroutine; several may share a Plan and, for one load, its Dictionaries: columns of few values become codes while they are
// parsed, numbers and times as well as text. An Inference looks at cells alone and is merged in no order that matters.
//
// The rules: an empty unquoted cell is NULL, and so is one of the declared NULL words when it stands unquoted. A quoted empty
// cell is the empty string in a text column and NULL in any other. Spaces and tabs around a number, date or boolean are passed
// over; text keeps every byte.
package convert
