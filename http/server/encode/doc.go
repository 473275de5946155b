// Package encode turns the batches of one result into the bytes of one response format: json, ndjson, csv, tsv, arrow, parquet or
// aligned text.
//
// A Writer belongs to one goroutine and one result. It buffers little (see flushBytes; the table format holds back its first
// thousand rows to find the widths) and writes what it has at the end of every batch, so that a slow query still shows progress.
package encode
