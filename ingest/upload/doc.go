// Package upload keeps files that arrive in pieces, until they are loaded: the state behind tus 1.0 on /v1/uploads.
//
// A Store holds uploads. Create begins one, Append adds bytes, Preview shows what has come so far as a table, Commit loads the finished
// file as a job. An offset that Append returned is on disk: both the bytes and the note of how far they are valid were synced before.
// Commit may be called again, and the process may die at any step: the file is loaded once, and the same job says so.
//
// Three files make an upload: ID.upload (a durable record: length, metadata, what was committed), ID.data (the bytes) and ID.offset
// (how many of them count). Bytes beyond the offset are a leftover of a crash and are written over.
//
// Goroutines: Run sweeps expired uploads; jobs run in their Book. A Store may be used from any goroutine; appends to one upload are one
// at a time, and a newer one interrupts the older, whose client has most likely gone.
package upload
