package object_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/assaydb/assay/storage/object"
	"github.com/assaydb/assay/storage/object/objecttest"
	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
)

func TestMemory(t *testing.T) {
	objecttest.Conform(t, func(*testing.T) object.Store { return object.NewMemory() })
}

func TestFolder(t *testing.T) {
	objecttest.Conform(t, func(t *testing.T) object.Store {
		s, err := object.OpenFolder(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		return s
	})
}

func fake(t *testing.T, c object.S3Config) object.Store {
	backend := s3mem.New()
	if err := backend.CreateBucket("b"); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(gofakes3.New(backend, gofakes3.WithLogger(gofakes3.DiscardLog())).Server())
	t.Cleanup(server.Close)
	c.Bucket, c.Prefix, c.Endpoint, c.AccessKey, c.SecretKey = "b", "pre/fix", server.URL, "k", "s"
	s, err := object.OpenS3(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestS3Fake(t *testing.T) {
	// The fake answers a range with the whole object's checksum, which the client rightly refuses.
	objecttest.Conform(t, func(t *testing.T) object.Store { return fake(t, object.S3Config{ChecksumsRequired: true}) })
}

func TestS3Server(t *testing.T) {
	endpoint, bucket := objecttest.Server(t)
	n := 0
	objecttest.Conform(t, func(t *testing.T) object.Store {
		n++
		return objecttest.ServerStore(t, endpoint, bucket, fmt.Sprintf("run-%d", n))
	})
}

// TestS3Faults puts a failing network under the client: every write must come through once, whole.
func TestS3Faults(t *testing.T) {
	s := fake(t, object.S3Config{
		Attempts: 30, MaxBackoff: time.Millisecond,
		Transport: objecttest.NewFaultyTransport(7, objecttest.Faults{Refuse: 0.3, LoseReply: 0.1}),
	})
	for i := range 60 {
		key, data := fmt.Sprintf("k/%02d", i), objecttest.Body(1000*i, uint64(i))
		if err := s.Put(t.Context(), key, bytes.NewReader(data)); err != nil {
			t.Fatal(err)
		}
		r, err := s.Get(t.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(r)
		if r.Close(); err != nil || !bytes.Equal(got, data) {
			t.Fatalf("object %d came back as %d bytes: %v", i, len(got), err)
		}
	}
	n := 0
	if err := object.Each(t.Context(), s, "", func(object.Info) error { n++; return nil }); err != nil || n != 60 {
		t.Fatalf("%d objects, want 60: %v", n, err)
	}
}

// TestS3Truncated makes sure that a body cut in the middle is an error, never a short object.
func TestS3Truncated(t *testing.T) {
	s := fake(t, object.S3Config{Transport: objecttest.NewFaultyTransport(7, objecttest.Faults{Truncate: 1})})
	if err := s.Put(t.Context(), "k", bytes.NewReader(objecttest.Body(100_000, 1))); err != nil {
		t.Fatal(err)
	}
	r, err := s.Get(t.Context(), "k")
	if err != nil {
		return
	}
	defer r.Close()
	if data, err := io.ReadAll(r); err == nil {
		t.Fatalf("%d of 100000 bytes passed as whole", len(data))
	}
}

func TestFolderLeavesNothingOutside(t *testing.T) {
	root := t.TempDir()
	s, err := object.OpenFolder(filepath.Join(root, "in"))
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range []string{"../out", "a/../../out", "/out", ".tmp/x", "."} {
		if s.Put(t.Context(), k, bytes.NewReader(nil)) == nil {
			t.Errorf("key %q was taken", k)
		}
	}
	if entries, _ := os.ReadDir(root); len(entries) != 1 {
		t.Fatalf("files outside the folder: %v", entries)
	}
}
