package client

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// Resumable is a file to send in pieces, each checked and on the server's disk before the next: whatever breaks off, it goes on from
// there, also in another process that names the same Fingerprint.
type Resumable struct {
	Upload
	File        io.ReaderAt
	Size        int64
	Fingerprint string // the same for the same file, and for no other
	// Sent is told how many bytes the server has; Loading follows the load. Neither may be nil.
	Sent    func(offset int64)
	Loading func(*Job)
}

const (
	pieceBytes  = 16 << 20
	staleTries  = 8 // attempts in a row that bring nothing, before the upload is given up; it can still be resumed
	tusVersion  = "1.0.0"
	offsetMedia = "application/offset+octet-stream"

	statusChecksumMismatch = 460
)

// remote is an upload as the server shows it.
type remote struct {
	ID          string  `json:"id"`
	Length      int64   `json:"length"`
	Offset      int64   `json:"offset"`
	Fingerprint string  `json:"fingerprint"`
	Job         *string `json:"job"`
}

func (u *remote) path() string { return "/v1/uploads/" + url.PathEscape(u.ID) }

// Resume sends what the server does not have yet, has it loaded, and returns the receipt.
func (c *Client) Resume(ctx context.Context, up Resumable) (*Receipt, error) {
	job, err := c.sendAndCommit(ctx, &up)
	var p *Problem
	if errors.As(err, &p) && (p.Code == "upload-committed" || p.Code == "job-forgotten") {
		// The upload that is there was loaded with other parameters, and is spent.
		if _, err := c.tus(ctx, http.MethodDelete, p.upload, nil); err != nil {
			return nil, err
		}
		job, err = c.sendAndCommit(ctx, &up)
	}
	if err != nil {
		return nil, err
	}
	j, err := c.Follow(ctx, job.ID, up.Loading)
	if err != nil {
		return nil, err
	}
	if j.Error != nil {
		return nil, j.Error
	}
	if !j.Running() && j.State != "SUCCEEDED" {
		return nil, fmt.Errorf("job %s was %s", j.ID, j.State)
	}
	r := &Receipt{Raw: append(j.Result, '\n')}
	if err := json.Unmarshal(j.Result, r); err != nil {
		return nil, fmt.Errorf("read the receipt of job %s: %w", j.ID, err)
	}
	return r, nil
}

func (c *Client) sendAndCommit(ctx context.Context, up *Resumable) (*Job, error) {
	u, err := c.sendAll(ctx, up)
	if err != nil {
		return nil, err
	}
	j, err := c.commit(ctx, up, u)
	var p *Problem
	if errors.As(err, &p) {
		p.upload = u.path()
	}
	return j, err
}

// sendAll brings the upload to its end, through failures that may pass.
func (c *Client) sendAll(ctx context.Context, up *Resumable) (*remote, error) {
	var u *remote
	for tries, best, wait := staleTries, int64(-1), time.Second/2; ; wait *= 2 {
		err := c.find(ctx, up, &u)
		for err == nil && u.Offset < u.Length && u.Job == nil {
			up.Sent(u.Offset)
			err = c.sendPiece(ctx, up, u)
		}
		if err == nil {
			up.Sent(u.Length)
			return u, nil
		}
		if u != nil && u.Offset > best {
			best, tries, wait = u.Offset, staleTries, time.Second/2
		}
		if tries--; tries == 0 || !passing(err) {
			return nil, err
		}
		pause := min(wait, maxPause)
		if up.Retrying != nil {
			up.Retrying(err, pause)
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// passing adds to transient what another try from the right offset mends.
func passing(err error) bool {
	var p *Problem
	return transient(err) || errors.As(err, &p) && (p.Code == "offset-mismatch" || p.Status == statusChecksumMismatch)
}

// find looks for the upload on the server, and begins it where there is none.
func (c *Client) find(ctx context.Context, up *Resumable, u **remote) error {
	all, err := List[remote](ctx, c, "/v1/uploads")
	if err != nil {
		return err
	}
	for i := range all {
		if all[i].Fingerprint == up.Fingerprint && all[i].Length == up.Size {
			*u = &all[i]
			return nil
		}
	}
	metadata := "filename " + base64.StdEncoding.EncodeToString([]byte(up.Name)) + ",fingerprint " + base64.StdEncoding.EncodeToString([]byte(up.Fingerprint))
	answer, err := c.tus(ctx, http.MethodPost, "/v1/uploads", nil, "Upload-Length", strconv.FormatInt(up.Size, 10), "Upload-Metadata", metadata)
	if err != nil {
		return err
	}
	id := answer.Get("Location")
	*u = &remote{ID: id[len("/v1/uploads/"):], Length: up.Size}
	return nil
}

func (c *Client) tus(ctx context.Context, method, path string, body io.Reader, header ...string) (http.Header, error) {
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, body)
	if err != nil {
		return nil, fmt.Errorf("make the request: %w", err)
	}
	req.Header.Set("Tus-Resumable", tusVersion)
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := c.do(req)
	if err != nil {
		return nil, err
	}
	resp.Body.Close()
	return resp.Header, nil
}

func (c *Client) sendPiece(ctx context.Context, up *Resumable, u *remote) error {
	piece := make([]byte, min(pieceBytes, u.Length-u.Offset))
	if _, err := up.File.ReadAt(piece, u.Offset); err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("read the file: %w", err)
	}
	sum := sha256.Sum256(piece)
	answer, err := c.tus(ctx, http.MethodPatch, u.path(), bytes.NewReader(piece), "Content-Type", offsetMedia,
		"Upload-Offset", strconv.FormatInt(u.Offset, 10), "Upload-Checksum", "sha256 "+base64.StdEncoding.EncodeToString(sum[:]))
	if err != nil {
		return err
	}
	at, err := strconv.ParseInt(answer.Get("Upload-Offset"), 10, 64)
	if err != nil || at <= u.Offset || at > u.Length {
		return fmt.Errorf("the server answered with offset %q behind %d", answer.Get("Upload-Offset"), u.Offset)
	}
	u.Offset = at
	return nil
}

// commit has the upload loaded; again, it gives the same job.
func (c *Client) commit(ctx context.Context, up *Resumable, u *remote) (*Job, error) {
	values := map[string]string{"table": up.Table}
	for k := range up.Values {
		values[k] = up.Values.Get(k)
	}
	for wait := time.Second / 2; ; wait = min(2*wait, maxPause) {
		j := &Job{}
		err := c.Call(ctx, http.MethodPost, u.path()+"/commit", values, j)
		if err == nil || !transient(err) {
			return j, err
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}
