package operator_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/assaydb/assay/planner/fragment"
	"github.com/assaydb/assay/planner/operator"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
)

// numbersFeed gives n rows of a number and a text of some bytes, and counts in given what was taken.
func numbersFeed(n, bytes int, given *int, fail error) schema.Feed {
	return func(_ context.Context, yield func([]schema.Value) error) error {
		text := strings.Repeat("x", bytes)
		for i := range n {
			*given = i + 1
			if err := yield([]schema.Value{schema.IntValue(schema.TypeInt64, int64(i)), schema.TextValue(text)}); err != nil {
				return err
			}
		}
		return fail
	}
}

func fedValues(feed schema.Feed) *fragment.Values {
	return &fragment.Values{Types: []schema.Type{schema.TypeInt64, schema.TypeVarchar}, Names: []string{"n", "text"}, Feed: feed}
}

// TestFeed takes rows while they are asked for: all, some, none, long ones, and an error behind them.
func TestFeed(t *testing.T) {
	run := func(node fragment.Node) (rows, largest int, err error) {
		s, err := operator.Run(t.Context(), operator.Env{}, &fragment.Fragment{Root: node}, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		for {
			b, err := s.Next(t.Context())
			if err != nil || b == nil {
				return rows, largest, err
			}
			rows, largest = rows+b.Alive(), max(largest, b.Len)
		}
	}
	given := 0
	if rows, _, err := run(fedValues(numbersFeed(100_000, 8, &given, nil))); rows != 100_000 || err != nil {
		t.Errorf("%d rows, %v", rows, err)
	}
	if rows, _, err := run(&fragment.Limit{Input: fedValues(numbersFeed(1<<40, 8, &given, nil)), Count: 5}); rows != 5 || err != nil || given > 20_000 {
		t.Errorf("%d rows of a limit of 5, %d taken, %v", rows, given, err)
	}
	if rows, largest, err := run(fedValues(numbersFeed(200, 1<<20, &given, nil))); rows != 200 || largest > 8 || err != nil {
		t.Errorf("%d long rows, up to %d at once, %v", rows, largest, err)
	}
	broken := errors.New("the file broke")
	if rows, _, err := run(fedValues(numbersFeed(10, 1, &given, broken))); rows > 10 || !errors.Is(err, broken) {
		t.Errorf("%d rows, %v", rows, err)
	}
	if rows, _, err := run(fedValues(numbersFeed(0, 1, &given, nil))); rows != 0 || err != nil {
		t.Errorf("%d rows of none, %v", rows, err)
	}
}

// TestFeedOnTheWire reads a feed out where its fragment leaves the process, up to a limit.
func TestFeedOnTheWire(t *testing.T) {
	given := 0
	sent, err := fragment.Append(nil, &fragment.Fragment{Root: fedValues(numbersFeed(3, 1, &given, nil))})
	if err != nil {
		t.Fatal(err)
	}
	f, err := fragment.Decode(sent)
	if err != nil {
		t.Fatal(err)
	}
	if v, ok := f.Root.(*fragment.Values); !ok || len(v.Rows) != 3 || v.Feed != nil || v.Rows[2][0].I != 2 {
		t.Errorf("%+v", f.Root)
	}
	for _, feed := range []schema.Feed{numbersFeed(fragment.MaxFed+1, 0, &given, nil), numbersFeed(300, 1<<20, &given, nil)} {
		if _, err := fragment.Append(nil, &fragment.Fragment{Root: fedValues(feed)}); errs.As(err) == nil || errs.As(err).Code != "too-many-rows-sent" {
			t.Errorf("too much to send: %v", err)
		}
	}
}
