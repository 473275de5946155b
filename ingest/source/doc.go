// Package source turns an upload's body into text: it undoes gzip and zstd, bounds what they may blow up to, digests the decoded
// bytes, says whether they are CSV, JSON Lines or Parquet, and turns UTF-16, Latin-1 and Windows-1252 into UTF-8.
//
// Open gives the decoded bytes, whose SHA-256 identifies the delivery; NewText gives their characters. Nothing is replaced
// silently: what is no character in the declared charset comes out as bytes that are no valid UTF-8, so that the row that holds
// it is rejected with its place. No goroutines of its own; a Reader belongs to one goroutine.
package source
