// Package inbox watches folders and prefixes of object stores, and loads each new or changed object once.
//
// A Watch looks at one location. What it knows of an object is a durable record of its own: the version (size, time of change, ETag where
// there is one), how
// often it was tried, the deliveries that were about to be committed, and the one that was. So a crash at any step neither loses an object
// nor loads one twice. An object that is still being written is left alone until two looks, some time apart, find the same version; one
// that changes while it is read fails its load before anything is committed. What fails is tried again, ever more slowly, and at last
// stands on a list of dead ones until someone asks for another try.
//
// Goroutines: none of its own; Scan belongs to one goroutine at a time, everything else may be called from any.
package inbox
