// Package assay is a columnar storage and query cluster for medical test results: hospitals upload monthly CSVs over HTTP,
// analysts run filter and aggregate SQL over them, operators run it on their own machines as one static binary.
//
// The folders, from the ground up: storage (types, batches, expressions, Parquet segments, object stores), raft (the replicated
// catalog), planner (SQL in, batches out) and ingest (CSV in, receipts out), node and http (one peer's parts and its server),
// bench (data and harness), cmd (the binary). A folder imports only from floors below its own; a test in cmd/assay holds that.
package assay
