package ingest

import "io"

// peeker is a reader whose beginning can be looked at before it is read. Behind that beginning reads go straight to what it reads
// from, so that looking costs no copy of the rest.
type peeker struct {
	r    io.Reader
	head []byte
	err  error // what ended the beginning
}

// newPeeker reads the first n bytes, or all when there are fewer; an error other than the end is returned.
func newPeeker(r io.Reader, n int) (*peeker, error) {
	p := &peeker{r: r, head: make([]byte, n)}
	at := 0
	for empty := 0; at < n && p.err == nil; {
		var got int
		got, p.err = r.Read(p.head[at:])
		at += got
		if empty++; got > 0 {
			empty = 0
		}
		if empty > 100 && p.err == nil {
			p.err = io.ErrNoProgress
		}
	}
	p.head = p.head[:at]
	if p.err != nil && p.err != io.EOF {
		return nil, p.err
	}
	return p, nil
}

// whole reports whether the beginning is all there is.
func (p *peeker) whole() bool { return p.err == io.EOF }

// discard passes over bytes of the beginning.
func (p *peeker) discard(n int) { p.head = p.head[n:] }

// Read implements io.Reader.
func (p *peeker) Read(b []byte) (int, error) {
	if len(p.head) > 0 {
		n := copy(b, p.head)
		p.head = p.head[n:]
		return n, nil
	}
	if p.err != nil {
		return 0, p.err
	}
	p.head = nil
	return p.r.Read(b)
}
