package node

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/assaydb/assay/node/config"
	"github.com/assaydb/assay/node/mirror"
	"github.com/assaydb/assay/storage/object"
	"github.com/assaydb/assay/storage/schema"
)

// ownerFile holds the identity of this node's catalog: a mirror belongs to one.
const ownerFile = "CATALOG-ID"

// noMirror is the setting that does without one.
const noMirror = "none"

// mirroring is the mirror of a running node.
type mirroring struct {
	*mirror.Mirror
	location string
	stop     context.CancelFunc
	wait     sync.WaitGroup
}

// openMirror starts mirroring to the object store that the settings name: by default a folder beside the data.
func (n *Node) openMirror(ctx context.Context) error {
	if n.settings.Mirror == noMirror {
		return nil
	}
	location, err := MirrorURL(n.settings.Mirror, n.settings.Data)
	if err != nil {
		return err
	}
	objects, err := object.Open(ctx, location)
	if err != nil {
		return fmt.Errorf("open the mirror: %w", err)
	}
	owner, err := n.owner()
	if err != nil {
		return err
	}
	m := &mirroring{location: location, Mirror: mirror.New(mirror.Config{
		Objects: objects, Catalog: n.catalog, Source: n.store, Logger: n.log.With("part", "mirror"), Owner: owner,
	})}
	n.store.SetFetcher(m.Mirror)
	var run context.Context
	run, m.stop = context.WithCancel(context.Background())
	m.wait.Go(func() {
		if err := m.Run(run); err != nil {
			n.log.Error("the mirror has stopped", "error", err)
		}
	})
	n.mirror = m
	m.wait.Go(func() { n.watchComplete(run) })
	return nil
}

// watchComplete keeps the note on whether the mirror holds everything.
func (n *Node) watchComplete(ctx context.Context) {
	tick := time.NewTicker(completeEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		if err := n.noteComplete(); err != nil {
			n.log.Warn("a damaged catalog could not be rebuilt from the mirror by itself", "error", err)
		}
	}
}

func (n *Node) noteComplete() error {
	return n.complete.update(func() (uint64, bool) {
		index, settled := n.catalog.Settled()
		st := n.mirror.Status()
		return index, settled && st.Index >= index && len(st.Damaged) == 0
	})
}

// MirrorURL is the mirror that a setting means.
func MirrorURL(setting, data string) (string, error) {
	if setting != "" {
		return setting, nil
	}
	dir, err := filepath.Abs(filepath.Join(data, mirrorDir))
	if err != nil {
		return "", fmt.Errorf("find the mirror's folder: %w", err)
	}
	return (&url.URL{Scheme: "file", Path: filepath.ToSlash(dir)}).String(), nil
}

// owner reads the catalog's identity, or makes one for a new folder.
func (n *Node) owner() (string, error) {
	raw, err := os.ReadFile(n.path(ownerFile))
	if err == nil {
		return strings.TrimSpace(string(raw)), nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("read the catalog's identity: %w", err)
	}
	id := schema.NewID().String()
	return id, WriteOwner(n.settings.Data, id)
}

// WriteOwner gives a data folder the identity of a catalog: a restored node goes on under the one that it was restored from.
func WriteOwner(data, id string) error {
	if err := writeDurably(filepath.Join(data, ownerFile), id+"\n"); err != nil {
		return fmt.Errorf("write the catalog's identity: %w", err)
	}
	return nil
}

func (m *mirroring) close() error {
	m.stop()
	m.wait.Wait()
	return nil
}

// mirrorView is the mirror in /v1/cluster.
type mirrorView struct {
	Location string `json:"location"`
	Index    uint64 `json:"catalog_index"`
	Objects  int    `json:"objects_behind"`
	Bytes    int64  `json:"bytes_behind"`
	Log      int    `json:"commands_behind"`
	Error    string `json:"error,omitempty"`

	Damaged []string `json:"damaged_segments,omitempty"` // no sound copy is known
}

func (m *mirroring) view() mirrorView {
	st := m.Status()
	return mirrorView{config.MaskURL(m.location), st.Index, st.Objects, st.Bytes, st.LogBehind, st.Error, st.Damaged}
}
