package node

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/assaydb/assay/node/config"
	"github.com/assaydb/assay/node/mirror"
	"github.com/assaydb/assay/raft/catalog"
	"github.com/assaydb/assay/raft/consensus"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/object"
	"github.com/assaydb/assay/storage/schema"
)

// startCatalog opens the catalog. A damaged one is rebuilt from the mirror when that is known to hold everything; else the node
// refuses to start and says what a person can do, for the mirror may lack what was promised last.
func (n *Node) startCatalog(ctx context.Context) error {
	n.complete = openCompleteMark(n.path(completeFile))
	conf := consensus.Config{Dir: n.path(raftDir), NodeID: n.settings.NodeID, Logger: n.log.With("part", "raft"), BeforeCommand: n.complete.clear}
	err := n.catalogLost()
	if err == nil {
		if n.catalog, err = consensus.Open(conf); !errs.Is(err, errs.Corrupt) {
			return err
		}
	}
	n.log.Error("the catalog on this disk is damaged", "error", err)
	if rebuildErr := n.rebuildCatalog(ctx, err); rebuildErr != nil {
		return rebuildErr
	}
	n.catalog, err = consensus.Open(conf)
	return err
}

// catalogLost is an error when there is data but no catalog. A fresh catalog would take all of it for leftovers and remove it.
func (n *Node) catalogLost() error {
	if consensus.Exists(n.path(raftDir)) {
		return nil
	}
	_, err := os.Stat(n.path(ownerFile))
	held, listErr := n.store.Orphans(func(schema.ID) bool { return false }, time.Now().AddDate(1, 0, 0))
	if listErr != nil {
		return listErr
	}
	if err != nil && len(held) == 0 {
		return nil
	}
	return errs.New(errs.Corrupt, "catalog-missing", "%s holds data (%d deliveries) but no catalog in %s: it was lost, or a restore was interrupted",
		n.settings.Data, len(held), n.path(raftDir))
}

func (n *Node) rebuildCatalog(ctx context.Context, cause error) error {
	if n.settings.Mirror == noMirror {
		return errs.New(errs.Corrupt, "catalog-damaged", "the catalog is damaged and this node has no mirror: %w", cause).
			WithHint("put the folder %s back from a backup", n.path(raftDir))
	}
	location, err := MirrorURL(n.settings.Mirror, n.settings.Data)
	if err != nil {
		return err
	}
	index, known := n.complete.index()
	if !known {
		return n.askPerson(cause, location, "the mirror may lack what this node promised last")
	}
	objects, err := object.Open(ctx, location)
	if err != nil {
		return fmt.Errorf("open the mirror: %w", err)
	}
	if err := n.ownMirror(ctx, objects); err != nil {
		return n.askPerson(cause, location, err.Error())
	}
	var machine *catalog.Machine
	out, err := mirror.Restore(ctx, mirror.RestoreConfig{
		Objects: objects, Store: n.store, Lazy: true, Logger: n.log.With("part", "mirror"),
		Catalog: func(m *catalog.Machine) error { machine = m; return nil },
	})
	if errs.Is(err, errs.Unavailable) {
		return fmt.Errorf("the catalog is damaged (%v); rebuild it from the mirror: %w", cause, err) //nolint:errorlint // the outage decides what to do: wait
	}
	if err != nil {
		return n.askPerson(cause, location, err.Error())
	}
	if out.Index < index {
		return n.askPerson(cause, location, fmt.Sprintf("the mirror leads to catalog index %d, this node was at %d", out.Index, index))
	}
	if err := consensus.Rebuild(n.path(raftDir), machine); err != nil {
		return err
	}
	n.log.Warn("the damaged catalog is set aside and rebuilt from the mirror", "mirror", config.MaskURL(location), "index", out.Index, "kept", n.path(raftDir)+"/damaged")
	return nil
}

// ownMirror makes sure that the mirror is of this node's catalog.
func (n *Node) ownMirror(ctx context.Context, objects object.Store) error {
	own, err := os.ReadFile(n.path(ownerFile))
	if errors.Is(err, fs.ErrNotExist) {
		return errs.New(errs.NotFound, "no-owner", "%s is missing, so it is not known whose mirror this is", n.path(ownerFile))
	}
	if err != nil {
		return fmt.Errorf("read the catalog's identity: %w", err)
	}
	owner, err := mirror.Owner(ctx, objects)
	if err != nil {
		return err
	}
	if owner != strings.TrimSpace(string(own)) {
		return errs.New(errs.Conflict, "mirror-foreign", "the mirror belongs to another catalog (%s)", owner)
	}
	return nil
}

// askPerson is the refusal to start on a damaged catalog.
func (n *Node) askPerson(cause error, location, why string) error {
	raft := n.path(raftDir)
	move := fmt.Sprintf("mv %s %s.damaged && ", raft, raft)
	if !consensus.Exists(raft) {
		move = ""
	}
	return errs.New(errs.Corrupt, "catalog-damaged", "the catalog is damaged and was not rebuilt, because %s: %w", why, cause).
		WithHint("to go on with what the mirror has: %sassay restore --from '%s' --data %s", move, config.MaskURL(location), n.settings.Data)
}
