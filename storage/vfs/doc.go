// Package vfs is the seam between the store and the file system: the handful of calls that durability depends on, so that
// tests can fail any one of them or cut the power between two. OS is the real one and the default everywhere.
//
// No goroutines; an FS may be used from any goroutine, a File as the os package says.
package vfs
