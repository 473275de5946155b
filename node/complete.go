package node

import (
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// completeFile says that the mirror held everything this node had promised. It is removed, durably, before the node's log gains a
// command, and written again once the mirror has caught up and all is quiet: so whoever finds it may rebuild a damaged catalog from
// the mirror and loses nothing.
const completeFile = "MIRROR-COMPLETE"

const (
	completeFormat = "v1 %d %08x\n" // index, CRC-32 of the index as text
	completeEvery  = time.Second    // how often the mirror is looked at; a busy node does not pay for the file with every load
)

// completeMark keeps the file.
type completeMark struct {
	path string
	mu   sync.Mutex
	set  bool
}

func openCompleteMark(path string) *completeMark {
	_, err := os.Lstat(path)
	return &completeMark{path: path, set: !errors.Is(err, fs.ErrNotExist)}
}

// clear removes the file before anything that the mirror does not have becomes durable.
func (c *completeMark) clear() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.set {
		return nil
	}
	if err := os.Remove(c.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("note that the mirror is behind: %w", err)
	}
	if err := syncFolder(filepath.Dir(c.path)); err != nil {
		return fmt.Errorf("note that the mirror is behind: %w", err)
	}
	c.set = false
	return nil
}

// update writes the file if settled says that the mirror holds all there is. No command can begin meanwhile.
func (c *completeMark) update(settled func() (index uint64, complete bool)) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	index, complete := settled()
	if c.set || !complete {
		return nil
	}
	text := fmt.Sprintf("%d", index)
	if err := writeDurably(c.path, fmt.Sprintf(completeFormat, index, crc32.ChecksumIEEE([]byte(text)))); err != nil {
		return fmt.Errorf("note that the mirror is complete: %w", err)
	}
	c.set = true
	return nil
}

// index reads up to where the mirror was complete; false when that is not known.
func (c *completeMark) index() (index uint64, known bool) {
	raw, err := os.ReadFile(c.path)
	if err != nil {
		return 0, false
	}
	var sum uint32
	if _, err := fmt.Sscanf(string(raw), completeFormat, &index, &sum); err != nil {
		return 0, false
	}
	return index, sum == crc32.ChecksumIEEE(fmt.Appendf(nil, "%d", index))
}

// writeDurably writes a small file whole or not at all.
func writeDurably(name, text string) error {
	f, err := os.Create(name + ".tmp")
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), name); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(name))
}

func syncFolder(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
