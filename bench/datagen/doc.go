// Package datagen makes the LabBench data: synthetic lab results of up to 200 hospitals over up to 24 months, as CSV.
//
// A Set is the plan of one data set: how many rows each hospital and month has, which patients belong where. Its rows are made
// in pieces that depend on the seed and their own place alone, so the bytes are the same for any number of workers and any order
// of making. All arithmetic behind a value is on integers, so they are the same on every machine too.
//
// WriteFiles and WriteSingle start workers and wait for them; everything else runs on the caller's goroutine. A Set is immutable
// and safe to share.
package datagen
