// Package storagetest holds what tests of the store and of its users share: a small table with rows, a file system that fails
// at the n-th call and one whose power can be cut. For tests only.
package storagetest
