package job

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/assaydb/assay/storage/durable"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
)

// recordVersion is the version of a job's record: the JSON of a Job.
const (
	recordKind    = "job"
	recordVersion = 1
	recordSuffix  = ".job"
)

func (b *Book) path(id string) string { return filepath.Join(b.cfg.Dir, id+recordSuffix) }

func (b *Book) write(j *Job) error {
	body, err := json.Marshal(j)
	if err != nil {
		return fmt.Errorf("record job %s: %w", j.ID, err)
	}
	return durable.Write(b.path(j.ID.String()), recordKind, recordVersion, append(body, '\n'))
}

func (b *Book) remove(id schema.ID) error { return os.Remove(b.path(id.String())) }

func (b *Book) readOne(name string) (j Job, err error) {
	version, body, err := durable.Read(b.path(name), recordKind)
	if err != nil {
		return j, err
	}
	if version != recordVersion {
		return j, errs.New(errs.Corrupt, "job-version", "job %s has record version %d, this release reads %d", name, version, recordVersion)
	}
	if err := json.Unmarshal(body, &j); err != nil {
		return j, errs.New(errs.Corrupt, "bad-record", "job %s cannot be read: %w", name, err)
	}
	if j.ID.String() != name {
		return j, errs.New(errs.Corrupt, "bad-record", "the record of job %s is that of %s", name, j.ID)
	}
	return j, nil
}

// read takes the records in. A damaged one is set aside: history must not keep a node from starting.
func (b *Book) read() error {
	if err := durable.MakeFolder(b.cfg.Dir); err != nil {
		return err
	}
	names, err := durable.Names(b.cfg.Dir, recordSuffix)
	if err != nil {
		return err
	}
	kinds := map[string]bool{}
	for _, name := range names {
		j, err := b.readOne(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			b.cfg.Logger.Warn("a job's record is damaged and set aside", "error", err)
			if err := os.Rename(b.path(name), b.path(name)+".damaged"); err != nil {
				return fmt.Errorf("set a damaged record aside: %w", err)
			}
			continue
		}
		j.Result = nil
		e := &entry{Job: j, changed: make(chan struct{})}
		b.jobs[j.ID] = e
		kinds[j.Kind] = true
		if !j.State.Ended() {
			b.left[j.ID] = e
		}
	}
	for kind := range kinds {
		b.forget(kind)
	}
	return nil
}

// marshalResult keeps a result within its bound.
func marshalResult(v any) json.RawMessage {
	if v == nil {
		return nil
	}
	text, err := json.Marshal(v)
	if err != nil {
		panic("BUG: job: result does not marshal: " + err.Error())
	}
	if string(text) == "null" {
		return nil
	}
	if len(text) > MaxResultBytes {
		return json.RawMessage(fmt.Sprintf(`{"too_large_to_keep":%d}`, len(text)))
	}
	return text
}
