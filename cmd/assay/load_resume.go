package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/assaydb/assay/http/client"
)

// resume sends a file in pieces and has it loaded, under two bars: one for the upload, one for the load.
func (a *app) resume(ctx context.Context, c *client.Client, table string, f fileLoad) (*client.Receipt, error) {
	in, err := os.Open(f.name)
	if err != nil {
		return nil, errors.Unwrap(err)
	}
	defer in.Close()
	st, err := in.Stat()
	if err != nil {
		return nil, fmt.Errorf("look at the file: %w", err)
	}
	if !st.Mode().IsRegular() {
		return nil, usageError{errors.New("is no regular file: --resume must be able to read it again")}
	}
	mark, err := fileMark(f.name, st)
	if err != nil {
		return nil, err
	}
	base := filepath.Base(f.name)
	sent, loaded := a.newProgresses(st.Size(), base+" upload", base+" load")
	defer loaded.end()
	defer sent.end()
	return c.Resume(ctx, client.Resumable{
		Upload: client.Upload{Table: table, Name: base, Values: f.values, Retrying: func(err error, wait time.Duration) {
			fmt.Fprintf(a.err, "%s: %v; trying again in %s\n", f.name, err, wait)
		}},
		File: in, Size: st.Size(), Fingerprint: mark,
		Sent:    sent.set,
		Loading: func(j *client.Job) { loaded.set(j.Bytes) },
	})
}

// fileMark names a file's content as well as it can be without reading it: another start of the command finds its upload by it.
func fileMark(name string, st os.FileInfo) (string, error) {
	path, err := filepath.Abs(name)
	if err != nil {
		return "", fmt.Errorf("find the file's path: %w", err)
	}
	host, err := os.Hostname()
	if err != nil {
		host = ""
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %d %d", host, path, st.Size(), st.ModTime().UnixNano()))
	return hex.EncodeToString(sum[:16]), nil
}
