// Package durable keeps small records in files of their own: written whole or not at all, there after a power cut, and checked when
// they are read. It is for state that belongs to one node and not to the catalog: jobs, uploads on their way, what an inbox has seen.
//
// A record file is one line, "assay KIND VERSION CHECKSUM", and the body behind it, which is the rest of the file. The checksum is the
// XXH3-64 of the body, seeded with that of what stands before it, in hexadecimal. All functions may be called from any goroutine; two writers of one path must agree among themselves. No goroutines.
package durable
