// Package server is the HTTP API: routes, handlers and result encoders. API.md's contract is its table of routes (routes.go), from
// which the OpenAPI document is made.
//
// A Server is built from Parts that cmd introduces; the interfaces it needs of them are in parts.go. Handlers are plain net/http
// functions that return an error; adapter.go is the only file that knows echo. One goroutine runs per connection (net/http), one per
// running background query, and one that sweeps expired results; all of them end in Shutdown.
package server
