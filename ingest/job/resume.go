package job

import (
	"slices"

	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
)

// Left returns the jobs of a kind that ran when the process ended, oldest first.
func (b *Book) Left(kind string) []Job {
	b.mu.Lock()
	defer b.mu.Unlock()
	var out []Job
	for _, e := range b.left {
		if e.Kind == kind {
			out = append(out, e.Job)
		}
	}
	slices.SortFunc(out, func(x, y Job) int { return slices.Compare(x.ID[:], y.ID[:]) })
	return out
}

// Resume begins a job that was left once more. One that was to be canceled is given a context that has ended: its work has still to
// say whether it had succeeded already.
func (b *Book) Resume(id schema.ID, do Work) (Job, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	e, ok := b.left[id]
	if !ok {
		return Job{}, errs.New(errs.NotFound, "unknown-job", "no job %s was left to resume", id)
	}
	delete(b.left, id)
	e.resumable = true
	e.Phases, e.Progress = nil, Progress{}
	return b.begin(e, do)
}

// EndLeft ends the jobs that nobody resumed, and says why. It is called once, after every owner has looked.
func (b *Book) EndLeft() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for id, e := range b.left {
		delete(b.left, id)
		end := e.Job
		at := now()
		end.Ended, end.State = &at, Failed
		if e.CancelWish {
			end.State = Canceled
		}
		end.Failure = &Failure{
			Kind: errs.Unavailable, Code: "job-interrupted", Detail: "the node ended while the job ran; what it had done by then is kept",
			Hint: "start it again",
		}
		b.finish(e, end, nil)
	}
}
