// Package segment writes and reads segments: immutable Parquet files of one partition, and the statistics files beside them.
//
// A Writer takes batches and gives one file and an Info; Open gives a File, whose Chunks decode one column of one row group
// page by page into batch vectors, dictionary codes kept as they are stored. Cache keeps parsed indexes and open files.
// DESIGN.md in this folder says how a file is laid out and why.
//
// A Writer encodes Options.Parallel columns of a full row group at once and HashColumns reads as many row groups, in goroutines that have
// ended when the call returns; nothing else starts any. A Writer and a Chunk belong to one goroutine; a File may be shared.
//
// It alone imports parquet-go: its typed encodings, codecs, bloom filters and Thrift structures. Everything that decodes runs
// behind one recover (guard.go), so that damaged bytes become errs.Corrupt with the file's name.
package segment
