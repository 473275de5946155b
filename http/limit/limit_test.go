package limit_test

import (
	"context"
	"errors"
	"net"
	"testing"
	"time"

	"github.com/assaydb/assay/http/limit"
	"github.com/assaydb/assay/storage/errs"
)

func TestGateRefusesWhatIsTooMuch(t *testing.T) {
	g := limit.NewGate("loads", 1, time.Millisecond)
	leave, err := g.Enter(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.Enter(context.Background()); !errs.Is(err, errs.Busy) {
		t.Errorf("second caller: %v, want Busy", err)
	}
	leave()
	if leave, err = g.Enter(context.Background()); err != nil {
		t.Errorf("after leave: %v", err)
	}
	leave()
	if g.Running() != 0 {
		t.Errorf("%d running", g.Running())
	}
}

func TestListenerHoldsBack(t *testing.T) {
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Skip("no loopback network:", err)
	}
	l := limit.Listener(inner, 1)
	accepted := make(chan net.Conn)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				close(accepted)
				return
			}
			accepted <- c
		}
	}()
	for range 2 {
		c, err := net.Dial("tcp", inner.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
	}
	first := <-accepted
	select {
	case <-accepted:
		t.Fatal("a second connection was accepted beside the first")
	case <-time.After(20 * time.Millisecond):
	}
	first.Close()
	second := <-accepted
	second.Close()
	second.Close() // twice must free one slot only
	if err := l.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		t.Error(err)
	}
	if _, open := <-accepted; open {
		t.Error("accepted after Close")
	}
}
