package ingest

import (
	"fmt"

	"github.com/assaydb/assay/ingest/convert"
)

// columnForm says how a column was read; nil when the file's rules held.
func columnForm(f convert.Form) *ColumnForm {
	if f.IsZero() {
		return nil
	}
	out := &ColumnForm{}
	if f.Point != 0 {
		out.Decimal = string(rune(f.Point))
	}
	if f.Thousands != 0 {
		out.Thousands = string(rune(f.Thousands))
	}
	if f.Date != nil {
		out.DateFormat = f.Date.String()
	}
	if f.Stamp != nil {
		out.TimestampFormat = f.Stamp.String()
	}
	return out
}

// form is the other way round.
func (c *ColumnForm) form() (f convert.Form, err error) {
	if c == nil {
		return f, nil
	}
	if c.Decimal != "" {
		f.Point = c.Decimal[0]
	}
	if c.Thousands != "" {
		f.Thousands = c.Thousands[0]
	}
	if c.DateFormat != "" {
		if f.Date, err = convert.ParsePattern(c.DateFormat); err != nil {
			return f, err
		}
	}
	if c.TimestampFormat != "" {
		f.Stamp, err = convert.ParsePattern(c.TimestampFormat)
	}
	return f, err
}

// likeAmended reads the columns of corrected lines as those of the delivery that they correct: a few lines seldom prove anything.
func (t *target) likeAmended(a *Receipt) error {
	if a == nil {
		return nil
	}
	if t.forms == nil {
		t.forms = make([]convert.Form, len(t.table.Columns))
	}
	for _, c := range a.Columns {
		i := t.table.Column(c.Name)
		if i < 0 || i >= len(t.forms) || c.Form == nil {
			continue
		}
		form, err := c.Form.form()
		if err != nil {
			return err
		}
		t.forms[i] = form
	}
	return nil
}

// formText says how a column writes its numbers or dates, in the words of the upload's parameters.
func formText(f convert.Form) string {
	switch {
	case f.Date != nil:
		return "date_format=" + f.Date.String()
	case f.Stamp != nil:
		return "timestamp_format=" + f.Stamp.String()
	case f.Thousands != 0:
		return fmt.Sprintf("decimal=%c and thousands=%c", f.Point, f.Thousands)
	case f.Point != 0:
		return fmt.Sprintf("decimal=%c", f.Point)
	}
	return ""
}
