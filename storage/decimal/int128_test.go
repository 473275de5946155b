package decimal_test

import (
	"math/big"
	"testing"

	"github.com/assaydb/assay/storage/decimal"
	"pgregory.net/rapid"
)

// TestArithmeticAgainstBig compares every operation with math/big over values drawn near the edges as well as at random.
func TestArithmeticAgainstBig(t *testing.T) {
	lo, hi := decimal.Min.Big(), decimal.Max.Big()
	fits := func(b *big.Int) bool { return b.Cmp(lo) >= 0 && b.Cmp(hi) <= 0 }
	draw := rapid.Custom(func(t *rapid.T) decimal.Int128 {
		x := decimal.Int128{Hi: rapid.Int64().Draw(t, "hi"), Lo: rapid.Uint64().Draw(t, "lo")}
		if rapid.Bool().Draw(t, "small") {
			x = decimal.FromInt64(x.Hi)
		}
		return x
	})
	rapid.Check(t, func(t *rapid.T) {
		x, y := draw.Draw(t, "x"), draw.Draw(t, "y")
		bx, by := x.Big(), y.Big()
		check := func(op string, got decimal.Int128, ok bool, want *big.Int) {
			if ok != fits(want) {
				t.Fatalf("%s %s %s: fits %v, want %v (%s)", x, op, y, ok, fits(want), want)
			}
			if ok && got.Big().Cmp(want) != 0 {
				t.Fatalf("%s %s %s = %s, want %s", x, op, y, got, want)
			}
		}
		r, ok := x.Add(y)
		check("+", r, ok, new(big.Int).Add(bx, by))
		r, ok = x.Sub(y)
		check("-", r, ok, new(big.Int).Sub(bx, by))
		r, ok = x.Mul(y)
		check("*", r, ok, new(big.Int).Mul(bx, by))
		if y.Sign() != 0 {
			q, m, ok := x.QuoRem(y)
			bq, bm := new(big.Int).QuoRem(bx, by, new(big.Int))
			check("/", q, ok, bq)
			check("%", m, true, bm)
		}
		if x.Cmp(y) != bx.Cmp(by) {
			t.Fatalf("cmp %s %s", x, y)
		}
		if x.String() != bx.String() {
			t.Fatalf("text %s, want %s", x, bx)
		}
		back, ok := decimal.FromBig(bx)
		check("big", back, ok, bx)
	})
}

func TestDivRound(t *testing.T) {
	for _, c := range []struct{ x, y, want int64 }{{5, 2, 3}, {-5, 2, -3}, {4, 3, 1}, {5, 3, 2}, {-4, -3, 1}, {1, 2, 1}, {1, -2, -1}, {0, 7, 0}} {
		got, ok := decimal.FromInt64(c.x).DivRound(decimal.FromInt64(c.y))
		if !ok || got != decimal.FromInt64(c.want) {
			t.Errorf("%d / %d = %s, want %d", c.x, c.y, got, c.want)
		}
	}
}

func TestText(t *testing.T) {
	for _, s := range []string{"0", "-1", "2.850", "-0.05", "99999999999999999999999999999999999999", "-12345678901234567890.1234567890"} {
		x, scale, ok := decimal.Parse(s)
		if !ok {
			t.Fatalf("parse %q", s)
		}
		if got := string(x.Append(nil, scale)); got != s {
			t.Errorf("text of %q is %q", s, got)
		}
	}
	for _, s := range []string{"", "-", ".", "1e3", "1.2.3", " 1", "100000000000000000000000000000000000000"} {
		if x, _, ok := decimal.Parse(s); ok {
			t.Errorf("%q parsed as %s", s, x)
		}
	}
}
