// Package parquetscan reads Parquet files of other writers as records and fields, for what stands behind a CSV scanner: a row is a
// record, a value the text that a cell of a CSV would have, NULL a cell of nothing. So a load of a Parquet file runs through the same
// conversion, the same ledger and the same rejects, and a value that a column cannot hold exactly is rejected with its row.
//
// Open checks the footer; nothing in it is relied on beyond that. The bytes of a row group are shared out evenly among its rows, so that
// all bytes of the file are accounted for: those of the rows, and those beside them. A record's line is its row, counted from 1.
// A Scanner belongs to one goroutine and starts none. Pages are decoded by storage/segment, which alone knows the format.
package parquetscan
