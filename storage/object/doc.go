// Package object is the object store behind the mirror: a small interface and three implementations, a local folder, memory
// and anything that speaks S3.
//
// Store is the interface; Open picks the implementation from a URL. Keys are slash-separated relative names
// ("live/labs/hospital_id=H0042/0198.parquet"); each implementation keeps them below its own folder or prefix, and a key that
// would climb out of it is refused. Writes are whole or absent: no reader ever sees half an object.
//
// The package starts no goroutines that outlive a call. A Store may be used from any goroutine. It is the one owner of the
// S3 client: nobody else imports it.
package object
