package job

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
)

// State is where a job stands.
type State string

// The states. The last three are final.
const (
	Running   State = "RUNNING"
	Succeeded State = "SUCCEEDED"
	Failed    State = "FAILED"
	Canceled  State = "CANCELED"
)

// Ended reports whether the state is final.
func (s State) Ended() bool { return s != Running }

// Progress is how far a job is. Which numbers move depends on its kind.
type Progress struct {
	Phase      string `json:"phase,omitempty"`
	Bytes      int64  `json:"bytes"`
	BytesTotal int64  `json:"bytes_total"` // 0: unknown
	Rows       int64  `json:"rows"`
	Rejects    int64  `json:"rejects"`
	Done       int64  `json:"done"`  // things done, of Total
	Total      int64  `json:"total"` // 0: unknown
}

// PhaseStart notes when a phase began and what had been done by then.
type PhaseStart struct {
	Progress
	At time.Time `json:"at"`
}

// Job is a job as it stands: a copy that does not change.
type Job struct {
	ID      schema.ID         `json:"id"`
	Kind    string            `json:"kind"`
	Subject map[string]string `json:"subject,omitempty"` // what it is about: table, source, period, upload, inbox, object
	State   State             `json:"state"`
	Progress
	Started    time.Time       `json:"started_at"`
	Ended      *time.Time      `json:"ended_at,omitempty"`
	CancelWish bool            `json:"cancel_requested,omitempty"`
	Runs       uint32          `json:"runs"` // times it was begun: more than 1 after a restart
	Phases     []PhaseStart    `json:"phases,omitempty"`
	Result     json.RawMessage `json:"result,omitempty"` // of its kind; a list leaves it out
	Failure    *Failure        `json:"failure,omitempty"`

	Event uint64 `json:"event"` // number of its newest event
}

// Failure is why a job did not succeed, as it is kept on disk.
type Failure struct {
	Kind   errs.Kind `json:"kind"`
	Code   string    `json:"code"`
	Detail string    `json:"detail"`
	Hint   string    `json:"hint,omitempty"`
}

// failureOf keeps what may be shown: the text of an unclassified error stays in the log.
func failureOf(err error) *Failure {
	e := errs.As(err)
	if e == nil && errors.Is(err, context.Canceled) {
		return &Failure{Kind: errs.Canceled, Code: "canceled", Detail: "the job was canceled"}
	}
	if e == nil {
		return &Failure{Kind: errs.Internal, Code: "internal", Detail: "an internal error happened; the server's log has it"}
	}
	plain := *e
	plain.Hint = ""
	return &Failure{Kind: e.Kind, Code: e.Code, Detail: plain.Error(), Hint: e.Hint}
}

// Err is the failure as an error.
func (f *Failure) Err() error {
	return &errs.Error{Kind: f.Kind, Code: f.Code, Detail: f.Detail, Hint: f.Hint}
}
