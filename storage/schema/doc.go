// Package schema holds the words everyone shares about tables: types, columns, table definitions, partition transforms, scalar
// values, segment descriptors and the order-independent column hash.
//
// It is the ground floor beside storage/errs: plain data with no goroutines and no input or output. Values of these types are
// immutable once published; whoever wants to change one makes a copy.
package schema
