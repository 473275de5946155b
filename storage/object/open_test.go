package object_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/object"
	"github.com/google/go-cmp/cmp"
)

func TestParseS3(t *testing.T) {
	for text, want := range map[string]object.S3Config{
		"s3://b":      {Bucket: "b"},
		"s3://b/p/q/": {Bucket: "b", Prefix: "p/q"},
		"s3://b/p?endpoint=http://127.0.0.1:9000&region=eu-west-1": {Bucket: "b", Prefix: "p", Endpoint: "http://127.0.0.1:9000", Region: "eu-west-1"},
		"s3://b?addressing=virtual&checksums=required":             {Bucket: "b", VirtualHost: true, ChecksumsRequired: true},
	} {
		u, err := url.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		got, err := object.ParseS3(u)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: %s", text, d)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	for _, text := range []string{
		"", "labs", "ftp://x/y", "file://host/dir", "file://relative", "file:relative", "s3:///p", "s3://k:secret@b/p",
		"s3://b?endpoint=nonsense", "s3://b?endpoint=http://u:secret@h", "s3://b?wrong=1", "s3://b/a/../b", "s3://b?addressing=x", "s3://b?region=%zz",
	} {
		_, err := object.Open(t.Context(), text)
		if !errs.Is(err, errs.Invalid) {
			t.Errorf("%q: got %v, want Invalid", text, err)
		}
		if err != nil && strings.Contains(err.Error(), "secret") && strings.Contains(text, "k:secret@") {
			t.Errorf("%q: the error tells the secret: %v", text, err)
		}
	}
}

func FuzzOpenURL(f *testing.F) {
	for _, s := range []string{"file:///d", "s3://b/p?endpoint=http://h:1&region=r", "s3://b?checksums=required"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		u, err := url.Parse(text)
		if err != nil || u.Scheme != "s3" {
			return
		}
		if c, err := object.ParseS3(u); err == nil && c.Bucket == "" {
			t.Fatalf("%q parsed without a bucket", text)
		}
	})
}
