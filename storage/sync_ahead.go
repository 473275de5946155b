package storage

// syncAheadBytes is what is written of a file before it is first synced beside the writing, and between two such syncs: the sync that
// makes the whole file durable then finds most of it on the disk, where it would keep the last row group's reader waiting.
const syncAheadBytes = 16 << 20

// syncAhead begins a sync of what was written so far, unless one is under way. One that fails is told by whoever waits for it: the
// kernel may have dropped what it could not write, and a later sync would not say so again.
func (o *outFile) syncAhead() {
	if o.n-o.asked < syncAheadBytes {
		return
	}
	if o.early != nil {
		select {
		case err := <-o.early:
			o.early, o.failed = nil, err
		default:
			return
		}
	}
	if o.failed != nil {
		return
	}
	early := make(chan error, 1)
	o.asked, o.early = o.n, early
	go func() { early <- o.file.Sync() }()
}

// awaitSync returns once no sync is under way, with the error of any.
func (o *outFile) awaitSync() error {
	if o.early != nil {
		if err := <-o.early; o.failed == nil {
			o.failed = err
		}
		o.early = nil
	}
	return o.failed
}
