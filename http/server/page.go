package server

import (
	"encoding/base64"
	"iter"

	"github.com/assaydb/assay/storage/errs"
)

// Bounds of lists.
const (
	defaultLimit = 100
	maxLimit     = 10_000
)

// page is one piece of a list. The cursor of the next piece is opaque to clients.
type page struct {
	Items      []any   `json:"items"`
	NextCursor *string `json:"next_cursor"`
}

// pageOf takes limit items after the cursor. A cursor is the key of the last item seen: keys are stable and the sequence's order
// does not change, so nothing that stays is skipped or shown twice.
func pageOf[T any](q *query, seq iter.Seq[T], key func(T) string, show func(T) any) (*page, error) {
	limit := int(q.count("limit", defaultLimit, maxLimit))
	if q.err != nil {
		return nil, q.err
	}
	if limit == 0 {
		limit = defaultLimit
	}
	after, err := base64.RawURLEncoding.DecodeString(q.text("cursor"))
	if err != nil {
		return nil, errs.New(errs.Invalid, "bad-cursor", "cursor=%q is not one that this server gave", q.text("cursor"))
	}
	out, skipping, last := &page{Items: []any{}}, len(after) > 0, ""
	for item := range seq {
		if skipping {
			skipping = key(item) != string(after)
			continue
		}
		if len(out.Items) == limit {
			next := base64.RawURLEncoding.EncodeToString([]byte(last))
			out.NextCursor = &next
			return out, nil
		}
		last = key(item)
		out.Items = append(out.Items, show(item))
	}
	if skipping {
		return nil, errs.New(errs.Gone, "cursor-gone", "what the cursor pointed at is gone").WithHint("list from the beginning")
	}
	return out, nil
}
