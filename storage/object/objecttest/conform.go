package objecttest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/object"
)

// Conform runs the contract of object.Store against fresh stores.
func Conform(t *testing.T, open func(t *testing.T) object.Store) {
	for name, test := range map[string]func(*testing.T, object.Store){
		"put and get": putAndGet, "absent": absent, "conditional": conditional, "race": race, "ranges": ranges,
		"list": list, "pages": pages, "copy and delete": copyAndDelete, "odd keys": oddKeys, "bad keys": badKeys,
		"upload": upload, "canceled": canceled,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

// Body returns n bytes that differ by seed.
func Body(n int, seed uint64) []byte {
	b := make([]byte, n)
	rand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8)}).Read(b)
	return b
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantKind(t *testing.T, err error, kind errs.Kind) {
	t.Helper()
	if !errs.Is(err, kind) {
		t.Fatalf("got error %v, want kind %d", err, kind)
	}
}

func put(t *testing.T, s object.Store, key string, data []byte) {
	t.Helper()
	must(t, s.Put(t.Context(), key, bytes.NewReader(data)))
}

func wantObject(t *testing.T, s object.Store, key string, data []byte) {
	t.Helper()
	r, err := s.Get(t.Context(), key)
	must(t, err)
	defer r.Close()
	got, err := io.ReadAll(r)
	must(t, err)
	if !bytes.Equal(got, data) {
		t.Fatalf("object %q: got %d bytes, want %d", key, len(got), len(data))
	}
}

func keys(t *testing.T, s object.Store, prefix string) (out []string) {
	t.Helper()
	must(t, object.Each(t.Context(), s, prefix, func(i object.Info) error {
		out = append(out, i.Key)
		return nil
	}))
	return out
}

func putAndGet(t *testing.T, s object.Store) {
	for i, n := range []int{0, 1, 4096, 300_000} {
		key := fmt.Sprintf("a/b%d", i)
		put(t, s, key, Body(n, 1))
		wantObject(t, s, key, Body(n, 1))
		info, err := s.Head(t.Context(), key)
		must(t, err)
		if info.Bytes != int64(n) || info.Key != key {
			t.Fatalf("head of %q: %+v, want %d bytes", key, info, n)
		}
	}
	r := bytes.NewReader(Body(100, 2))
	r.Seek(50, io.SeekStart) // a body is read from its start
	must(t, s.Put(t.Context(), "a/b0", r))
	wantObject(t, s, "a/b0", Body(100, 2))
}

func absent(t *testing.T, s object.Store) {
	_, err := s.Get(t.Context(), "no/such")
	wantKind(t, err, errs.NotFound)
	_, err = s.GetRange(t.Context(), "no/such", 0, 1)
	wantKind(t, err, errs.NotFound)
	_, err = s.Head(t.Context(), "no/such")
	wantKind(t, err, errs.NotFound)
	wantKind(t, s.Copy(t.Context(), "no/such", "x"), errs.NotFound)
	must(t, s.Delete(t.Context(), "no/such"))
	if got := keys(t, s, ""); len(got) != 0 {
		t.Fatalf("an empty store lists %v", got)
	}
}

func conditional(t *testing.T, s object.Store) {
	must(t, s.PutIfAbsent(t.Context(), "log/1", strings.NewReader("first")))
	wantKind(t, s.PutIfAbsent(t.Context(), "log/1", strings.NewReader("second")), errs.Conflict)
	wantObject(t, s, "log/1", []byte("first"))
	put(t, s, "log/1", []byte("third"))
	wantObject(t, s, "log/1", []byte("third"))
}

// race has many writers of one key: one wins, and what is kept is the winner's.
func race(t *testing.T, s object.Store) {
	var wins atomic.Int64
	var winner atomic.Int64
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			switch err := s.PutIfAbsent(context.Background(), "race", bytes.NewReader(Body(1000, uint64(i)))); {
			case err == nil:
				wins.Add(1)
				winner.Store(int64(i))
			case !errs.Is(err, errs.Conflict):
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if wins.Load() != 1 {
		t.Fatalf("%d writers won, want 1", wins.Load())
	}
	wantObject(t, s, "race", Body(1000, uint64(winner.Load())))
}

func ranges(t *testing.T, s object.Store) {
	data := Body(1000, 3)
	put(t, s, "r", data)
	for _, c := range []struct{ off, n, want int64 }{{0, 10, 10}, {990, 10, 10}, {990, 100, 10}, {0, 1000, 1000}, {5, 0, 0}, {1000, 5, 0}} {
		r, err := s.GetRange(t.Context(), "r", c.off, c.n)
		must(t, err)
		got, err := io.ReadAll(r)
		r.Close()
		must(t, err)
		if !bytes.Equal(got, data[c.off:c.off+c.want]) {
			t.Fatalf("range %d+%d: got %d bytes, want %d", c.off, c.n, len(got), c.want)
		}
	}
	if _, err := s.GetRange(t.Context(), "r", 2000, 5); err == nil {
		t.Fatal("a range past the end was given")
	}
	_, err := s.GetRange(t.Context(), "r", -1, 5)
	wantKind(t, err, errs.Invalid)
}

func list(t *testing.T, s object.Store) {
	all := []string{"a", "a-b", "a.b/c", "a/b", "a/b!", "a/b.c", "a0", "b/c/d/e", "b/c/d0"}
	for _, k := range all {
		put(t, s, k+"/leaf", []byte(k))
	}
	want := make([]string, len(all))
	for i, k := range all {
		want[i] = k + "/leaf"
	}
	slices.Sort(want)
	if got := keys(t, s, ""); !slices.Equal(got, want) {
		t.Fatalf("got  %v\nwant %v", got, want)
	}
	for _, prefix := range []string{"a/", "a", "a/b", "b/c/", "b/c/d", "zz"} {
		var some []string
		for _, k := range want {
			if strings.HasPrefix(k, prefix) {
				some = append(some, k)
			}
		}
		if got := keys(t, s, prefix); !slices.Equal(got, some) {
			t.Fatalf("prefix %q: got %v, want %v", prefix, got, some)
		}
	}
	for i, k := range want {
		page, err := s.List(t.Context(), "", k)
		must(t, err)
		if len(page.Items) != len(want)-i-1 {
			t.Fatalf("after %q: %d objects, want %d", k, len(page.Items), len(want)-i-1)
		}
	}
}

func pages(t *testing.T, s object.Store) {
	const n = 1200
	for i := range n {
		put(t, s, fmt.Sprintf("p/%d/%04d", i%3, i), nil)
	}
	got := keys(t, s, "p/")
	if len(got) != n || !slices.IsSorted(got) || len(slices.Compact(got)) != n {
		t.Fatalf("got %d keys, want %d in order, each once", len(got), n)
	}
}

func copyAndDelete(t *testing.T, s object.Store) {
	put(t, s, "x/from", Body(5000, 4))
	must(t, s.Copy(t.Context(), "x/from", "y/to"))
	wantObject(t, s, "y/to", Body(5000, 4))
	must(t, s.Delete(t.Context(), "x/from"))
	wantObject(t, s, "y/to", Body(5000, 4))
	if got := keys(t, s, ""); !slices.Equal(got, []string{"y/to"}) {
		t.Fatalf("left: %v", got)
	}
	must(t, s.Delete(t.Context(), "x/from"))
}

func oddKeys(t *testing.T, s object.Store) {
	for _, k := range []string{"live/Tabelle größer/h=%C3%A4%20b/x.parquet", "a b+c/d=e&f/g?h#i", "q/%00", "q/%2F%2e%2e", "über/日本"} {
		put(t, s, k, []byte(k))
		wantObject(t, s, k, []byte(k))
		must(t, s.Copy(t.Context(), k, "copy/"+k))
		wantObject(t, s, "copy/"+k, []byte(k))
		if got := keys(t, s, k); !slices.Equal(got, []string{k}) {
			t.Fatalf("listing %q gave %q", k, got)
		}
		must(t, s.Delete(t.Context(), k))
	}
}

func badKeys(t *testing.T, s object.Store) {
	for _, k := range []string{"", "/", "/a", "a/", "a//b", ".", "..", "../a", "a/../b", "a/./b", "a\x00b", "a\nb", `a\b`, strings.Repeat("x", 901), strings.Repeat("y", 256)} {
		wantKind(t, s.Put(t.Context(), k, strings.NewReader("x")), errs.Invalid)
		_, err := s.Get(t.Context(), k)
		wantKind(t, err, errs.Invalid)
		wantKind(t, s.Delete(t.Context(), k), errs.Invalid)
	}
}

// upload streams more than one part from a reader that cannot seek.
func upload(t *testing.T, s object.Store) {
	for i, n := range []int{0, 1000, 33 << 20} {
		key := fmt.Sprintf("u/%d", i)
		must(t, s.Upload(t.Context(), key, struct{ io.Reader }{bytes.NewReader(Body(n, 5))}))
		wantObject(t, s, key, Body(n, 5))
	}
	broken := io.MultiReader(bytes.NewReader(Body(20<<20, 6)), errorReader{})
	if err := s.Upload(t.Context(), "u/broken", broken); err == nil {
		t.Fatal("a stream that failed was stored")
	}
	_, err := s.Head(t.Context(), "u/broken")
	wantKind(t, err, errs.NotFound)
}

type errorReader struct{}

func (errorReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func canceled(t *testing.T, s object.Store) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Put(ctx, "c", strings.NewReader("x")); err == nil {
		t.Fatal("a canceled put went through")
	}
	if _, err := s.List(ctx, "", ""); err == nil {
		t.Fatal("a canceled listing went through")
	}
}
