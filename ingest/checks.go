package ingest

import (
	"encoding/json"

	"github.com/assaydb/assay/raft/catalog"
	"github.com/assaydb/assay/storage/errs"
)

// ChecksKind is the kind of the catalog's document that keeps a table's Checks.
const ChecksKind = "checks"

// Checks say how a delivery is compared with the one of its source's previous period, and what follows from a difference.
type Checks struct {
	RowsChange  float64 `json:"rows_change"`  // share by which the number of rows may change, 0.5 for a half; 0: any
	NullsChange float64 `json:"nulls_change"` // by how much the share of NULLs of a column may change, 0.2 for 20 in 100; 0: any
	NewCodes    bool    `json:"new_codes"`    // values that a text column of at most 100 distinct ones did not have
	Ranges      bool    `json:"ranges"`       // numbers beyond the earlier range by more than its width
	OnBreach    string  `json:"on_breach"`    // "warn", or "hold": someone has to approve the delivery
}

// DefaultChecks hold where a table has none of its own: they warn.
func DefaultChecks() Checks {
	return Checks{RowsChange: 0.5, NullsChange: 0.2, NewCodes: true, Ranges: true, OnBreach: "warn"}
}

// Validate refuses what cannot be meant.
func (c *Checks) Validate() error {
	switch {
	case c.RowsChange < 0 || c.RowsChange > 1000 || c.RowsChange != c.RowsChange:
		return errs.New(errs.Meaning, "bad-checks", "rows_change=%v is not 0 to 1000", c.RowsChange)
	case c.NullsChange < 0 || c.NullsChange > 1 || c.NullsChange != c.NullsChange:
		return errs.New(errs.Meaning, "bad-checks", "nulls_change=%v is not 0 to 1", c.NullsChange)
	case c.OnBreach != "warn" && c.OnBreach != "hold":
		return errs.New(errs.Meaning, "bad-checks", "on_breach=%q is neither warn nor hold", c.OnBreach)
	}
	return nil
}

// Body is the JSON that the catalog keeps.
func (c *Checks) Body() string {
	text, err := json.Marshal(c)
	if err != nil {
		panic("BUG: ingest: checks do not marshal: " + err.Error())
	}
	return string(text)
}

// ChecksOf returns the checks of a table; own tells that they are not the default ones.
func ChecksOf(snap *catalog.Snapshot, table uint32) (c Checks, own bool, err error) {
	c = DefaultChecks()
	doc, ok := snap.Document(ChecksKind, table, "")
	if !ok {
		return c, false, nil
	}
	if err := json.Unmarshal([]byte(doc.Body), &c); err != nil {
		return c, true, errs.New(errs.Corrupt, "bad-checks", "the table's checks cannot be read: %w", err)
	}
	return c, true, nil
}
