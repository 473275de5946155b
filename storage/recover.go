package storage

import (
	"errors"
	"io/fs"
	"path/filepath"
)

// recover makes the folders durable and clears what a crash left half done.
func (s *Store) recover() error {
	for _, dir := range []string{segmentsDir, draftsDir, quarantineDir} {
		if err := s.fs.MkdirAll(s.path(dir)); err != nil {
			return diskError("make folder", s.path(dir), err)
		}
	}
	if err := s.fs.SyncDir(s.cfg.Dir); err != nil {
		return diskError("sync folder", s.cfg.Dir, err)
	}
	if err := s.removeDrafts(); err != nil {
		return err
	}
	return s.tellQuarantine()
}

// removeDrafts removes every leftover draft: a draft is acknowledged only after it left this folder.
func (s *Store) removeDrafts() error {
	entries, err := s.fs.ReadDir(s.path(draftsDir))
	if err != nil {
		return diskError("read folder", s.path(draftsDir), err)
	}
	for _, e := range entries {
		s.log.Info("removing a draft that a crash left unfinished", "draft", e.Name())
		if err := s.fs.RemoveAll(s.path(draftsDir, e.Name())); err != nil {
			return diskError("remove draft", e.Name(), err)
		}
	}
	return nil
}

func (s *Store) tellQuarantine() error {
	names, err := s.Quarantined()
	if err != nil {
		return err
	}
	if len(names) > 0 {
		s.log.Warn("damaged files are set aside; delete them once examined", "folder", s.path(quarantineDir), "files", len(names), "first", names[0])
	}
	return nil
}

// Quarantined lists the damaged files that were set aside, by name.
func (s *Store) Quarantined() ([]string, error) {
	entries, err := s.fs.ReadDir(s.path(quarantineDir))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, diskError("read folder", s.path(quarantineDir), err)
	}
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = filepath.Base(e.Name())
	}
	return names, nil
}
