package catalog

import (
	"bufio"
	"errors"
	"io"
)

// Peek reads the epoch and index of a snapshot from its first frame, checked like all of it, and leaves the rest unread.
func Peek(r io.Reader) (epoch, index uint64, err error) {
	l := &loader{in: bufio.NewReaderSize(r, 4<<10), state: newState()}
	if err := l.head(); err != nil {
		return 0, 0, err
	}
	payload, err := l.frame()
	if err != nil {
		return 0, 0, err
	}
	if l.kind != frameScalars {
		return 0, 0, l.corrupt(errors.New("the first frame has no epoch"))
	}
	if err := l.items(payload); err != nil {
		return 0, 0, l.corrupt(err)
	}
	return l.state.epoch, l.state.index, nil
}
