// Package scale measures Assay on catalogs of far more segments than anyone has on one machine: it fills a node's catalog through the
// commands that loads send, without the files, and has a server start and plan on it. Reading is not measured here.
//
// Everything runs on the caller's goroutine but for the proposers of Fill, which it waits for.
package scale
