package conformance

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
)

// wire is a connection to a MariaDB server in its text protocol: enough for an account without a password on a local socket.
type wire struct {
	conn net.Conn
	in   *bufio.Reader
	seq  byte
}

// Capabilities that the client asks for.
const (
	clientProtocol41 = 1 << 9
	clientSecure     = 1 << 15
	clientMulti      = 1<<16 | 1<<17
	charsetUTF8MB4   = 46
	moreResults      = 8
	maxPacket        = 1<<24 - 1
)

// dial connects as root.
func dial(ctx context.Context, socket string) (*wire, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "unix", socket)
	if err != nil {
		return nil, err
	}
	w := &wire{conn: conn, in: bufio.NewReader(conn)}
	if err := w.greet(); err != nil {
		conn.Close()
		return nil, err
	}
	return w, nil
}

func (w *wire) greet() error {
	if _, err := w.packet(); err != nil {
		return err
	}
	hello := binary.LittleEndian.AppendUint32(nil, 1|clientProtocol41|clientSecure|clientMulti)
	hello = binary.LittleEndian.AppendUint32(hello, maxPacket)
	hello = append(hello, charsetUTF8MB4)
	hello = append(hello, make([]byte, 23)...)
	hello = append(hello, "root\x00\x00"...)
	if err := w.send(hello); err != nil {
		return err
	}
	p, err := w.packet()
	if err == nil && len(p) > 0 && p[0] == 0xfe { // another way to prove the same empty password
		if err = w.send(nil); err == nil {
			_, err = w.packet()
		}
	}
	return err
}

func (w *wire) send(body []byte) error {
	head := binary.LittleEndian.AppendUint32(nil, uint32(len(body)))
	head[3] = w.seq
	w.seq++
	_, err := w.conn.Write(append(head, body...))
	return err
}

// packet reads one packet; an error packet is a *Refused.
func (w *wire) packet() ([]byte, error) {
	var head [4]byte
	if _, err := io.ReadFull(w.in, head[:]); err != nil {
		return nil, err
	}
	w.seq = head[3] + 1
	body := make([]byte, int(head[0])|int(head[1])<<8|int(head[2])<<16)
	if _, err := io.ReadFull(w.in, body); err != nil {
		return nil, err
	}
	if len(body) > 3 && body[0] == 0xff {
		detail := string(body[3:])
		if len(detail) > 6 && detail[0] == '#' {
			detail = detail[6:]
		}
		return nil, &Refused{Errno: int(binary.LittleEndian.Uint16(body[1:])), Detail: detail}
	}
	return body, nil
}

// query runs statements and returns the rows of the last one.
func (w *wire) query(sql string) (rows [][]*string, err error) {
	w.seq = 0
	if err := w.send(append([]byte{3}, sql...)); err != nil {
		return nil, err
	}
	for more := true; more; {
		if rows, more, err = w.result(); err != nil {
			return nil, err
		}
	}
	return rows, nil
}

func (w *wire) result() (rows [][]*string, more bool, err error) {
	head, err := w.packet()
	if err != nil {
		return nil, false, err
	}
	if head[0] == 0 {
		_, rest := lengthOf(head[1:])
		_, rest = lengthOf(rest)
		return nil, binary.LittleEndian.Uint16(rest)&moreResults != 0, nil
	}
	columns, _ := lengthOf(head)
	for range columns + 1 { // the columns and their end
		if _, err := w.packet(); err != nil {
			return nil, false, err
		}
	}
	for {
		p, err := w.packet()
		if err != nil {
			return nil, false, err
		}
		if p[0] == 0xfe && len(p) < 9 {
			return rows, binary.LittleEndian.Uint16(p[3:])&moreResults != 0, nil
		}
		row, err := cells(p, int(columns))
		if err != nil {
			return nil, false, err
		}
		rows = append(rows, row)
	}
}

func cells(p []byte, n int) ([]*string, error) {
	row := make([]*string, n)
	for i := range row {
		if len(p) == 0 {
			return nil, fmt.Errorf("a row ends after %d of %d cells", i, n)
		}
		if p[0] == 0xfb {
			p = p[1:]
			continue
		}
		size, rest := lengthOf(p)
		s := string(rest[:size])
		row[i], p = &s, rest[size:]
	}
	return row, nil
}

// lengthOf reads an integer of 1, 3, 4 or 9 bytes.
func lengthOf(p []byte) (uint64, []byte) {
	switch p[0] {
	case 0xfc:
		return uint64(binary.LittleEndian.Uint16(p[1:])), p[3:]
	case 0xfd:
		return uint64(p[1]) | uint64(p[2])<<8 | uint64(p[3])<<16, p[4:]
	case 0xfe:
		return binary.LittleEndian.Uint64(p[1:]), p[9:]
	}
	return uint64(p[0]), p[1:]
}
