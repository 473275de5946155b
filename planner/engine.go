package planner

import (
	"context"
)

// Querier is what servers need of an Engine.
type Querier interface {
	Query(ctx context.Context, req *Request) (*Result, error)
}
