// Package job keeps the books of work that outlives a request: loads of finished uploads, files taken from inboxes, verification,
// repair, compaction.
//
// A Book starts jobs, says how far they are, cancels them, and remembers how they ended, also through a restart: every job is a
// record file from its beginning. Work that was cut by a crash is resumed by its owner (Left, Resume), or ends as FAILED with the
// reason. What a job changes must be durable by itself and safe to begin again: the record of its end is written after it.
//
// Goroutines: one per running job; all have ended when Close returns. A Book, its Reporters and its Watchers may be used from any
// goroutine, a Watcher from one at a time.
package job
