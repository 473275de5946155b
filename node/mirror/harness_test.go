package mirror_test

import (
	"context"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/assaydb/assay/node/mirror"
	"github.com/assaydb/assay/raft/catalog"
	"github.com/assaydb/assay/storage"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/object"
	"github.com/assaydb/assay/storage/schema"
	"github.com/assaydb/assay/storage/storagetest"
)

// cluster is a catalog machine and a store: what a node has without consensus and HTTP.
type cluster struct {
	t       *testing.T
	store   *storage.Store
	mu      sync.Mutex
	machine *catalog.Machine
	log     [][]byte // command at index i+1
	more    chan struct{}
	clock   int64
	table   *schema.Table
}

func newCluster(t *testing.T) *cluster {
	s, err := storage.Open(storage.Config{Dir: t.TempDir(), RollRows: 60})
	if err != nil {
		t.Fatal(err)
	}
	c := &cluster{t: t, store: s, machine: catalog.New(), more: make(chan struct{}), clock: time.Now().UnixMicro()}
	def := storagetest.Table()
	def.ID, def.Version = 0, 0
	c.table = c.propose(&catalog.PutTable{Table: *def}).Table
	return c
}

func (c *cluster) Snapshot() *catalog.Snapshot { return c.machine.Snapshot() }

func (c *cluster) Applied(ctx context.Context, after uint64, fn func(uint64, []byte) error) error {
	for i := after; ; i++ {
		command, err := c.command(ctx, i)
		if err == nil {
			err = fn(i+1, command)
		}
		if err != nil {
			return err
		}
	}
}

// command waits for number i of the log. compact makes the log forget.
func (c *cluster) command(ctx context.Context, i uint64) ([]byte, error) {
	for {
		c.mu.Lock()
		if i < uint64(len(c.log)) {
			defer c.mu.Unlock()
			if c.log[i] == nil {
				return nil, errs.New(errs.Gone, "log-compacted", "command %d is gone", i+1)
			}
			return c.log[i], nil
		}
		more := c.more
		c.mu.Unlock()
		select {
		case <-more:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// compact forgets the log so far.
func (c *cluster) compact() {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.log)
}

func (c *cluster) propose(cmd catalog.Command) catalog.Result {
	c.t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	data := catalog.Encode(cmd)
	res, err := c.machine.Apply(data)
	if err != nil {
		c.t.Fatal(err)
	}
	c.log = append(c.log, data)
	if uint64(len(c.log)) != res.Index {
		c.t.Fatalf("command %d led to index %d", len(c.log), res.Index)
	}
	close(c.more)
	c.more = make(chan struct{})
	return res
}

// load seals and commits a delivery of n rows for one hospital.
func (c *cluster) load(source, period string, from, n int, before ...func(*storage.Sealed)) *catalog.Delivery {
	c.t.Helper()
	sealed := c.seal(source, period, from, n)
	for _, fn := range before {
		fn(sealed)
	}
	return c.commit(source, period, sealed)
}

func (c *cluster) seal(source, period string, from, n int) *storage.Sealed {
	c.t.Helper()
	d, err := c.store.Begin(c.t.Context(), schema.NewID(), c.table, storage.DraftOptions{Source: source, Period: period})
	if err == nil {
		err = d.Write(c.t.Context(), []schema.Value{schema.TextValue(source)}, storagetest.Source(storagetest.Rows(source, from, n)))
	}
	if err != nil {
		c.t.Fatal(err)
	}
	sealed, err := d.Seal(c.t.Context())
	if err != nil {
		c.t.Fatal(err)
	}
	return sealed
}

func (c *cluster) commit(source, period string, sealed *storage.Sealed) *catalog.Delivery {
	c.t.Helper()
	c.clock += 1_000_000
	d := catalog.Delivery{
		ID: sealed.Delivery, Table: c.table.ID, Source: source, Period: period, Named: true, SHA256: schema.Digest(slices.Repeat(sealed.Delivery[:], 2)),
		RecordsIn: sealed.Rows, Accepted: sealed.Rows, Rows: sealed.Rows, Bytes: sealed.Bytes, Segments: int32(len(sealed.Segments)), LoadedAt: c.clock,
	}
	for _, f := range sealed.Files {
		d.Files = append(d.Files, catalog.File(f))
	}
	return c.propose(&catalog.CommitDelivery{Delivery: d, Segments: sealed.Segments, Replace: true, Expect: c.table.Version, StartedAt: c.clock}).Delivery
}

// quick makes tests wait little.
func quick(c mirror.Config) mirror.Config {
	c.MinBackoff, c.MaxBackoff = time.Millisecond, 20*time.Millisecond
	return c
}

// run starts a mirror; stop ends it.
func (c *cluster) run(cfg mirror.Config) (m *mirror.Mirror, stop func()) {
	c.t.Helper()
	cfg.Catalog, cfg.Source = c, c.store
	m = mirror.New(quick(cfg))
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- m.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			c.t.Error(err)
		}
	})
	c.t.Cleanup(stop)
	return m, stop
}

func (c *cluster) wait(m *mirror.Mirror) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := m.WaitIndex(ctx, c.Snapshot().Index()); err != nil {
		c.t.Fatalf("%v; status %+v", err, m.Status())
	}
}

// want is every key that live/ and kept/ must hold, and nothing else.
func (c *cluster) want() map[string]int64 {
	view := c.Snapshot()
	out := map[string]int64{}
	for s := range view.AllSegments() {
		key := "kept/" + "1/" + s.ID.String() + ".parquet"
		if t, ok := view.TableByID(s.Table); ok && s.Removed == 0 {
			key = "live/" + t.Name + "/" + t.PartitionPath(s.Partition) + "/" + s.ID.String() + ".parquet"
		}
		out[key] = s.Bytes
	}
	return out
}

func listing(t *testing.T, s object.Store, prefixes ...string) map[string]int64 {
	t.Helper()
	out := map[string]int64{}
	for _, p := range prefixes {
		err := object.Each(t.Context(), s, p, func(i object.Info) error {
			out[i.Key] = i.Bytes
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// check compares the store with the catalog, and that every row of the table can be read from live/ once.
func (c *cluster) check(s object.Store) {
	c.t.Helper()
	got, want := listing(c.t, s, "live/", "kept/", "staging/"), c.want()
	if !maps.Equal(got, want) {
		c.t.Fatalf("the mirror holds\n%v\nwant\n%v", slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)))
	}
	files := listing(c.t, s, "deliveries/")
	for d := range c.Snapshot().AllDeliveries() {
		for _, f := range d.Files {
			if n := files["deliveries/"+d.ID.String()+"/"+f.Name]; n != f.Bytes {
				c.t.Fatalf("side file %s has %d bytes in the mirror, want %d", f.Name, n, f.Bytes)
			}
		}
	}
}
