// Package node owns the parts of one peer and their lives: the store, the catalog's log, the mirror, the loader and the engine.
//
// Open starts them in the order in which they need one another, Close ends them in reverse. One goroutine does the upkeep (orphan files,
// retention), one runs the mirror. cmd opens a Node and introduces its parts to the servers; node knows no HTTP.
package node
