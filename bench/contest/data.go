package contest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/assaydb/assay/bench/datagen"
)

// makeData makes the CSVs of the track where they do not lie yet, and returns the files of each table.
func (r *race) makeData(ctx context.Context) (map[string][]string, error) {
	dir, write, files, err := r.plan()
	if err != nil {
		return nil, err
	}
	// Files get their names when they are whole; this one says that all are there.
	done := filepath.Join(dir, "done")
	if _, err := os.Stat(done); err != nil {
		r.cfg.Say("making %d rows in %s", r.cfg.Rows, dir)
		if err := write(ctx, dir, 0, nil); err != nil {
			return nil, err
		}
		if err := os.WriteFile(done, nil, 0o644); err != nil {
			return nil, err
		}
	}
	return files, r.weigh(files[r.cfg.suite().Tables[0].Name])
}

type writeFunc func(ctx context.Context, dir string, workers int, told datagen.Progress) error

// plan says where the CSVs of the track lie, in a folder named after what decides their bytes, and how they are made.
func (r *race) plan() (dir string, write writeFunc, files map[string][]string, err error) {
	c := r.cfg
	switch c.Track {
	case "wide":
		dir = filepath.Join(c.Work, fmt.Sprintf("events-%d-%d", c.Rows, c.Seed))
		e, err := datagen.NewEvents(c.Rows, c.Seed)
		if err != nil {
			return "", nil, nil, err
		}
		return dir, e.WriteFile, map[string][]string{"events": {filepath.Join(dir, "events.csv")}}, nil
	case "cardinality":
		dir = filepath.Join(c.Work, fmt.Sprintf("samples-%d-%d-%d", c.Rows, c.Keys, c.Seed))
		s, err := datagen.NewSamples(c.Rows, c.Keys, c.Seed)
		if err != nil {
			return "", nil, nil, err
		}
		return dir, s.WriteFile, map[string][]string{"samples": {filepath.Join(dir, "samples.csv")}}, nil
	}
	return r.planLabs()
}

func (r *race) planLabs() (dir string, write writeFunc, files map[string][]string, err error) {
	c := r.cfg
	set, err := datagen.New(datagen.Spec{Rows: c.Rows, Seed: c.Seed})
	if err != nil {
		return "", nil, nil, err
	}
	kind := "single"
	if c.Split {
		kind = "split"
	}
	dir = filepath.Join(c.Work, fmt.Sprintf("labs-%d-%d-%s", c.Rows, c.Seed, kind))
	files = map[string][]string{"hospitals": {filepath.Join(dir, "hospitals.csv")}, "tests": {filepath.Join(dir, "tests.csv")}}
	if !c.Split {
		files["labs"] = []string{filepath.Join(dir, "labs.csv")}
		return dir, set.WriteSingleFile, files, nil
	}
	for _, cell := range set.Cells() {
		files["labs"] = append(files["labs"], filepath.Join(dir, filepath.FromSlash(cell.Path())))
	}
	return dir, set.WriteFiles, files, nil
}

// weigh notes how large the CSVs of the large table are.
func (r *race) weigh(files []string) error {
	d := &r.result.Data
	d.Files, d.CSVBytes = len(files), 0
	for _, f := range files {
		info, err := os.Stat(f)
		if err != nil {
			return err
		}
		d.CSVBytes += info.Size()
	}
	return nil
}
