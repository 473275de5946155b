// Package auth tells who a request comes from. Bearer tokens are read from a file once, kept as hashes and compared in constant
// time, so that neither a core dump nor a stopwatch gives one away.
//
// Tokens is immutable and safe for any number of goroutines. http/server is its caller.
package auth

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"net/http"
	"os"
	"strings"

	"github.com/assaydb/assay/storage/errs"
)

// MinTokenBytes is the least length of a token: shorter ones can be guessed.
const MinTokenBytes = 16

// Tokens are the accepted bearer tokens.
type Tokens struct{ entries []entry }

type entry struct {
	name string
	hash [sha256.Size]byte
}

// ReadFile reads a token file: a token a line, or a name and a token with space between; # begins a comment line.
func ReadFile(name string) (*Tokens, error) {
	raw, err := os.ReadFile(name)
	if err != nil {
		return nil, errs.New(errs.Invalid, "bad-token-file", "read the token file: %w", err)
	}
	t := &Tokens{}
	lines := bufio.NewScanner(bytes.NewReader(raw))
	for n := 1; lines.Scan(); n++ {
		words := strings.Fields(lines.Text())
		if len(words) == 0 || strings.HasPrefix(words[0], "#") {
			continue
		}
		if len(words) > 2 || len(words[len(words)-1]) < MinTokenBytes {
			return nil, errs.New(errs.Invalid, "bad-token-file", "%s:%d: expected a token of at least %d characters, with a name before it or none", name, n, MinTokenBytes)
		}
		e := entry{name: fmt.Sprintf("token-%d", len(t.entries)+1), hash: sha256.Sum256([]byte(words[len(words)-1]))}
		if len(words) == 2 {
			e.name = words[0]
		}
		t.entries = append(t.entries, e)
	}
	if err := lines.Err(); err != nil {
		return nil, errs.New(errs.Invalid, "bad-token-file", "read %s: %w", name, err)
	}
	if len(t.entries) == 0 {
		return nil, errs.New(errs.Invalid, "bad-token-file", "%s holds no token", name).WithHint("write one a line, for example from: openssl rand -hex 32")
	}
	return t, nil
}

// Identify returns the name behind the request's bearer token. Every entry is compared, found or not, so that time tells nothing.
func (t *Tokens) Identify(r *http.Request) (string, error) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") || token == "" {
		return "", errs.New(errs.Unauthed, "no-token", "this server wants a bearer token").WithHint("send the header Authorization: Bearer TOKEN, or set ASSAY_TOKEN for the command line")
	}
	hash := sha256.Sum256([]byte(strings.TrimSpace(token)))
	found := ""
	for i := range t.entries {
		if subtle.ConstantTimeCompare(hash[:], t.entries[i].hash[:]) == 1 {
			found = t.entries[i].name
		}
	}
	if found == "" {
		return "", errs.New(errs.Unauthed, "bad-token", "the bearer token is not known here")
	}
	return found, nil
}
