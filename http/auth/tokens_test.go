package auth_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/assaydb/assay/http/auth"
	"github.com/assaydb/assay/storage/errs"
)

func read(t *testing.T, text string) (*auth.Tokens, error) {
	t.Helper()
	name := filepath.Join(t.TempDir(), "tokens")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return auth.ReadFile(name)
}

func TestIdentify(t *testing.T) {
	tokens, err := read(t, "# ours\n\naaaaaaaaaaaaaaaaaaaa\nlab bbbbbbbbbbbbbbbbbbbb\n")
	if err != nil {
		t.Fatal(err)
	}
	for header, want := range map[string]string{
		"Bearer aaaaaaaaaaaaaaaaaaaa": "token-1", "bearer bbbbbbbbbbbbbbbbbbbb": "lab",
		"": "", "Bearer": "", "Bearer ": "", "Bearer aaaaaaaaaaaaaaaaaaa": "", "Basic aaaaaaaaaaaaaaaaaaaa": "", "Bearer #": "",
	} {
		r := &http.Request{Header: http.Header{"Authorization": {header}}}
		got, err := tokens.Identify(r)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q, %v; want %q", header, got, err, want)
		}
		if err != nil && (!errs.Is(err, errs.Unauthed) || strings.Contains(err.Error(), "aaaa")) {
			t.Errorf("%q: error %v", header, err)
		}
	}
}

func TestBadFiles(t *testing.T) {
	for _, text := range []string{"", "# nothing\n", "short\n", "a b cccccccccccccccccccc\n"} {
		_, err := read(t, text)
		if err == nil {
			t.Errorf("%q was taken", text)
		}
	}
	if _, err := auth.ReadFile(filepath.Join(t.TempDir(), "absent")); err == nil {
		t.Error("an absent file was taken")
	}
}
