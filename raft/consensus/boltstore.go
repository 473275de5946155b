package consensus

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
	"sync/atomic"
	"time"

	"github.com/assaydb/assay/storage/failpoint"
	"github.com/hashicorp/raft"
	"github.com/zeebo/xxh3"
	"go.etcd.io/bbolt"
)

// The buckets of raft.db. Values: in logs, by big-endian index, see appendEntry; in conf, by name, the value and its checksum.
var (
	logBucket  = []byte("logs")
	confBucket = []byte("conf")
	rangeKey   = []byte("assay-log-range") // first and last index, so that a tree which lost entries is noticed
)

// errNotFound must read exactly so: hashicorp/raft compares the text.
var errNotFound = errors.New("not found")

const entryVersion = 1

// boltStore is Raft's log and stable store in one bbolt file. Everything in it carries a checksum.
type boltStore struct {
	db       *bbolt.DB
	path     string
	reserved atomic.Int64 // length up to which the file has room on the disk
}

// roomAhead is kept on the disk for the log: a full disk must not keep a node from voting, nor from the commands that free space.
const roomAhead = 16 << 20

// makeRoom renews the reserve when half of it is used up. On a disk too full for that the old reserve must do.
func (s *boltStore) makeRoom() {
	info, err := os.Stat(s.path)
	if err != nil || info.Size()+roomAhead/2 <= s.reserved.Load() {
		return
	}
	if want := info.Size() + roomAhead; reserve(s.path, want) == nil {
		s.reserved.Store(want)
	}
}

var (
	_ raft.LogStore          = (*boltStore)(nil)
	_ raft.StableStore       = (*boltStore)(nil)
	_ raft.MonotonicLogStore = (*boltStore)(nil)
)

// openStore opens the store and reads all of it once: damage is found here, not by a follower that asks years later.
func openStore(path string) (*boltStore, error) {
	db, err := openBolt(path)
	if err != nil {
		return nil, err
	}
	s := &boltStore{db: db, path: path}
	s.makeRoom()
	if err := s.verify(); err != nil {
		_ = db.Close()
		return nil, err
	}
	return s, nil
}

func (s *boltStore) close() error { return s.db.Close() }

func (s *boltStore) view(fn func(tx *bbolt.Tx) error) error {
	return guard(s.path, func() error { return s.db.View(fn) })
}

func (s *boltStore) update(fn func(tx *bbolt.Tx) error) error {
	err := guard(s.path, func() error { return s.db.Update(fn) })
	s.makeRoom()
	return err
}

// verify reads every entry by walking and by searching, which use different parts of the tree.
func (s *boltStore) verify() error {
	return s.view(func(tx *bbolt.Tx) error {
		logs, conf := tx.Bucket(logBucket), tx.Bucket(confBucket)
		if logs == nil || conf == nil {
			return corruptLog(s.path, "a bucket is missing")
		}
		var first, last uint64
		err := logs.ForEach(func(k, v []byte) error {
			var l raft.Log
			if err := s.entry(k, v, &l); err != nil {
				return err
			}
			if first == 0 {
				first = l.Index
			} else if l.Index != last+1 {
				return corruptLog(s.path, "entry %d follows entry %d", l.Index, last)
			}
			last = l.Index
			if len(logs.Get(k)) != len(v) {
				return corruptLog(s.path, "entry %d cannot be found", last)
			}
			return nil
		})
		if err != nil {
			return err
		}
		if err := s.verifyRange(conf, first, last); err != nil {
			return err
		}
		return conf.ForEach(func(k, v []byte) error {
			_, err := s.value(k, v)
			return err
		})
	})
}

func (s *boltStore) verifyRange(conf *bbolt.Bucket, first, last uint64) error {
	raw := conf.Get(rangeKey)
	if raw == nil && last == 0 {
		return nil
	}
	v, err := s.value(rangeKey, raw)
	if err != nil {
		return err
	}
	if len(v) != 16 || binary.BigEndian.Uint64(v) != first || binary.BigEndian.Uint64(v[8:]) != last {
		return corruptLog(s.path, "it holds entries %d to %d, but %x were written", first, last, v)
	}
	return nil
}

// FirstIndex returns the index of the oldest entry, 0 for none.
func (s *boltStore) FirstIndex() (uint64, error) {
	return s.edge(func(c *bbolt.Cursor) ([]byte, []byte) { return c.First() })
}

// LastIndex returns the index of the newest entry, 0 for none.
func (s *boltStore) LastIndex() (uint64, error) {
	return s.edge(func(c *bbolt.Cursor) ([]byte, []byte) { return c.Last() })
}

func (s *boltStore) edge(move func(*bbolt.Cursor) ([]byte, []byte)) (index uint64, err error) {
	err = s.view(func(tx *bbolt.Tx) error {
		if k, _ := move(tx.Bucket(logBucket).Cursor()); k != nil {
			index = binary.BigEndian.Uint64(k)
		}
		return nil
	})
	return index, err
}

// IsMonotonic says that the log has no gaps.
func (s *boltStore) IsMonotonic() bool { return true }

// GetLog reads one entry.
func (s *boltStore) GetLog(index uint64, l *raft.Log) error {
	return s.view(func(tx *bbolt.Tx) error {
		k := indexKey(index)
		v := tx.Bucket(logBucket).Get(k)
		if v == nil {
			return raft.ErrLogNotFound
		}
		return s.entry(k, v, l)
	})
}

// StoreLog stores one entry.
func (s *boltStore) StoreLog(l *raft.Log) error { return s.StoreLogs([]*raft.Log{l}) }

// StoreLogs stores entries with one sync and drops any that lie after them. Raft appends to what it knows, so such entries come
// from a write that it was told had failed because it took too long: they would return as ghosts after a restart.
func (s *boltStore) StoreLogs(logs []*raft.Log) error {
	if len(logs) == 0 {
		return nil
	}
	failpoint.Hit("catalog/to-be-logged")
	err := s.update(func(tx *bbolt.Tx) error {
		b := tx.Bucket(logBucket)
		b.FillPercent = 0.95 // entries come in order
		if err := deleteRange(b, logs[0].Index, math.MaxUint64); err != nil {
			return err
		}
		if k, _ := b.Cursor().Last(); k != nil && binary.BigEndian.Uint64(k)+1 != logs[0].Index {
			return fmt.Errorf("entry %d would leave a gap after entry %d", logs[0].Index, binary.BigEndian.Uint64(k))
		}
		for _, l := range logs {
			if err := b.Put(indexKey(l.Index), appendEntry(nil, l)); err != nil {
				return err
			}
		}
		return s.putRange(tx)
	})
	if err != nil {
		return fmt.Errorf("write entries %d to %d to %s: %w", logs[0].Index, logs[len(logs)-1].Index, s.path, err)
	}
	failpoint.Hit("catalog/logged")
	return nil
}

// DeleteRange deletes the entries from first to last.
func (s *boltStore) DeleteRange(first, last uint64) error {
	err := s.update(func(tx *bbolt.Tx) error {
		if err := deleteRange(tx.Bucket(logBucket), first, last); err != nil {
			return err
		}
		return s.putRange(tx)
	})
	if err != nil {
		return fmt.Errorf("delete entries %d to %d from %s: %w", first, last, s.path, err)
	}
	return nil
}

// deleteRange seeks anew for each entry: a bbolt cursor may skip one after a deletion.
func deleteRange(b *bbolt.Bucket, first, last uint64) error {
	c, from := b.Cursor(), indexKey(first)
	for k, _ := c.Seek(from); k != nil && binary.BigEndian.Uint64(k) <= last; k, _ = c.Seek(from) {
		if err := c.Delete(); err != nil {
			return err
		}
	}
	return nil
}

func (s *boltStore) putRange(tx *bbolt.Tx) error {
	v := make([]byte, 16)
	c := tx.Bucket(logBucket).Cursor()
	if k, _ := c.First(); k != nil {
		copy(v, k)
	}
	if k, _ := c.Last(); k != nil {
		copy(v[8:], k)
	}
	return tx.Bucket(confBucket).Put(rangeKey, sealed(rangeKey, v))
}

// Set stores a value durably.
func (s *boltStore) Set(key, val []byte) error {
	return s.update(func(tx *bbolt.Tx) error { return tx.Bucket(confBucket).Put(key, sealed(key, val)) })
}

// Get returns a value or errNotFound.
func (s *boltStore) Get(key []byte) (val []byte, err error) {
	err = s.view(func(tx *bbolt.Tx) error {
		raw := tx.Bucket(confBucket).Get(key)
		if raw == nil {
			return errNotFound
		}
		v, err := s.value(key, raw)
		val = append([]byte{}, v...)
		return err
	})
	return val, err
}

// SetUint64 stores a number.
func (s *boltStore) SetUint64(key []byte, val uint64) error {
	return s.Set(key, binary.BigEndian.AppendUint64(nil, val))
}

// GetUint64 returns a number or errNotFound.
func (s *boltStore) GetUint64(key []byte) (uint64, error) {
	v, err := s.Get(key)
	if err != nil {
		return 0, err
	}
	if len(v) != 8 {
		return 0, corruptLog(s.path, "value %q has %d bytes", key, len(v))
	}
	return binary.BigEndian.Uint64(v), nil
}

func indexKey(index uint64) []byte { return binary.BigEndian.AppendUint64(nil, index) }

// sealed puts the checksum of a value, seeded by its key, before it.
func sealed(key, val []byte) []byte {
	return append(binary.LittleEndian.AppendUint64(nil, xxh3.HashSeed(val, xxh3.Hash(key))), val...)
}

// value opens what sealed made.
func (s *boltStore) value(key, raw []byte) ([]byte, error) {
	if len(raw) < 8 || binary.LittleEndian.Uint64(raw) != xxh3.HashSeed(raw[8:], xxh3.Hash(key)) {
		return nil, corruptLog(s.path, "the value of %q does not match its checksum", key)
	}
	return raw[8:], nil
}

// appendEntry writes an entry: version, XXH3-64 of the rest seeded by the index, term, type, time, extensions, data.
func appendEntry(b []byte, l *raft.Log) []byte {
	b = append(b, entryVersion)
	b = binary.LittleEndian.AppendUint64(b, 0)
	b = binary.AppendUvarint(b, l.Term)
	b = append(b, byte(l.Type))
	b = binary.AppendVarint(b, unixNano(l.AppendedAt))
	b = binary.AppendUvarint(b, uint64(len(l.Extensions)))
	b = append(append(b, l.Extensions...), l.Data...)
	binary.LittleEndian.PutUint64(b[1:], xxh3.HashSeed(b[entryHead:], l.Index))
	return b
}

const entryHead = 1 + 8

func unixNano(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}

// entry reads what appendEntry wrote; the result does not share memory with v.
func (s *boltStore) entry(k, v []byte, l *raft.Log) error {
	if len(k) != 8 {
		return corruptLog(s.path, "a key of %d bytes", len(k))
	}
	index := binary.BigEndian.Uint64(k)
	if len(v) < entryHead || binary.LittleEndian.Uint64(v[1:]) != xxh3.HashSeed(v[entryHead:], index) {
		return corruptLog(s.path, "entry %d does not match its checksum", index)
	}
	if v[0] != entryVersion {
		return corruptLog(s.path, "entry %d has format version %d, this release reads %d", index, v[0], entryVersion)
	}
	return parseEntry(v[entryHead:], index, l)
}

func parseEntry(v []byte, index uint64, l *raft.Log) error {
	bad := fmt.Errorf("entry %d cannot be parsed", index)
	term, n := binary.Uvarint(v)
	if n <= 0 || n >= len(v) {
		return bad
	}
	kind := raft.LogType(v[n])
	v = v[n+1:]
	at, n := binary.Varint(v)
	if n <= 0 {
		return bad
	}
	v = v[n:]
	ext, n := binary.Uvarint(v)
	if n <= 0 || ext > uint64(len(v)-n) {
		return bad
	}
	v = v[n:]
	*l = raft.Log{Index: index, Term: term, Type: kind, Data: append([]byte{}, v[ext:]...)}
	if ext > 0 {
		l.Extensions = append([]byte{}, v[:ext]...)
	}
	if at != 0 {
		l.AppendedAt = time.Unix(0, at)
	}
	return nil
}
