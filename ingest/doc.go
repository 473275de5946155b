// Package ingest turns one upload into sealed segments, one catalog command and a Receipt.
//
// A Loader is the whole of it: Load reads a body (ingest/source: decompression, charset, digest), scans it (ingest/csvscan,
// ingest/jsonscan or ingest/parquetscan), converts every cell (ingest/convert), sorts by partition and sort key in bounded memory, writes through a storage draft, and
// commits. The promise is an equation: records in = accepted + rejected, and the hashes of what was stored equal the hashes of
// what was converted, or nothing is committed.
//
// Goroutines: each Load runs one scanner, a few converters and one writer, and all of them have ended when Load returns. A
// Loader may be used by any number of goroutines; callers limit how many loads run at once, since each may hold Config.MemoryBytes.
package ingest
