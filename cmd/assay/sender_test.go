package main

import (
	"fmt"
	"net/http"
	"net/url"
	"time"
)

// sender sends one kind of operations until it is told to stop or the server is gone.
type sender struct {
	*ledger
	base string
	stop <-chan struct{}
	fail func(string)
}

// do sends one operation and tells whether to go on.
func (c *sender) do(op *operation) (receipt, bool) {
	select {
	case <-c.stop:
		return receipt{}, false
	default:
	}
	r, ok, err := c.run(c.base, op)
	if err != nil {
		c.fail(err.Error())
	}
	return r, ok
}

func slotValues(source string, more ...string) url.Values {
	v := url.Values{"source": {source}, "period": {"p"}}
	for i := 0; i+1 < len(more); i += 2 {
		v.Set(more[i], more[i+1])
	}
	return v
}

// newTables makes a table with each load.
func (c *sender) newTables(round int) {
	for n := 0; n < 8; n++ {
		table := fmt.Sprintf("new_%d_%d", round, n)
		body, p := file(c.next(), 20)
		if _, ok := c.do(&operation{place{table, "s"}, slotValues("s"), body, showing(p)}); !ok {
			return
		}
	}
}

// replace corrects the same few slots again and again.
func (c *sender) replace(int) {
	for n := 0; ; n++ {
		source := fmt.Sprintf("replaced-%d", n%3)
		body, p := file(c.next(), 50+n%400)
		if _, ok := c.do(&operation{place{"kills", source}, slotValues(source), body, showing(p)}); !ok {
			return
		}
	}
}

// appends fills a slot with several deliveries.
func (c *sender) appends(round int) {
	for n := 0; ; n++ {
		source := fmt.Sprintf("appended-%d-%d", round, n)
		var prints []fingerprint
		for range 4 {
			body, p := file(c.next(), 30)
			prints = append(prints, p)
			if _, ok := c.do(&operation{place{"kills", source}, slotValues(source, "mode", "append"), body, showing(prints...)}); !ok {
				return
			}
		}
	}
}

// compacts has the segments of what the others load merged all the time. It acknowledges nothing: what it must not do is change an
// answer, whenever it is killed.
func (c *sender) compacts(int) {
	for {
		select {
		case <-c.stop:
			return
		case <-time.After(30 * time.Millisecond):
		}
		resp, err := http.Post(c.base+"/v1/tables/kills/compact", "", nil)
		if err != nil {
			continue // the server is gone
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusAccepted && resp.StatusCode != http.StatusNotFound && resp.StatusCode < 500 && resp.StatusCode != http.StatusTooManyRequests {
			c.fail("compact: " + resp.Status)
		}
	}
}

// reverts replaces a file and takes that back.
func (c *sender) reverts(round int) {
	for n := 0; ; n++ {
		at := place{"kills", fmt.Sprintf("reverted-%d-%d", round, n)}
		first, p := file(c.next(), 40)
		second, q := file(c.next(), 60)
		if _, ok := c.do(&operation{at, slotValues(at.source), first, showing(p)}); !ok {
			return
		}
		r, ok := c.do(&operation{at, slotValues(at.source), second, showing(q)})
		if !ok {
			return
		}
		if _, ok := c.do(&operation{at, url.Values{"revert": {r.DeliveryID}}, nil, showing(p)}); !ok {
			return
		}
	}
}

// mirrored waits for the object store with each load.
func (c *sender) mirrored(round int) {
	for n := 0; ; n++ {
		source := fmt.Sprintf("mirrored-%d-%d", round, n)
		body, p := file(c.next(), 35)
		ack := []string{"mirror", "quorum"}[n%2]
		if _, ok := c.do(&operation{place{"kills", source}, slotValues(source, "ack", ack), body, showing(p)}); !ok {
			return
		}
	}
}
