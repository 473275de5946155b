package pollute

import (
	"fmt"
	"math/rand/v2"
)

// cell is one logical value: how it is written, and what must be read.
type cell struct {
	text string
	want string // "NULL" for NULL
	bare bool   // it must stand unquoted to mean what it does
}

// column is a logical column.
type column struct {
	name, header string
	typ          string
	cells        []cell
}

func names() []string {
	return []string{"Ann Lee", "Zoé Martin", "Jörg Müller", "Nuño Díaz", "Bob Ray", "Søren Holm", "Ida Ek"}
}

// base is what every case begins with.
func base(r *rand.Rand, rows int) []column {
	cols := []column{
		{name: "id", typ: "BIGINT"},
		{name: "code", typ: "VARCHAR"},
		{name: "name", typ: "VARCHAR"},
		{name: "value", typ: "DECIMAL(18,2)"},
		{name: "day", typ: "DATE"},
		{name: "at", typ: "TIMESTAMP"},
		{name: "flag", typ: "BOOLEAN"},
		{name: "note", typ: "VARCHAR"},
	}
	for i := range rows {
		add := func(c int, text, want string) { cols[c].cells = append(cols[c].cells, cell{text: text, want: want}) }
		id := fmt.Sprint(1000 + i)
		add(0, id, id)
		code := fmt.Sprintf("%05d", r.IntN(900)+i)
		add(1, code, code)
		name := names()[(i+r.IntN(2))%len(names())]
		add(2, name, name)
		v := fmt.Sprintf("%d.%02d", r.IntN(900), r.IntN(100))
		add(3, v, v)
		add(4, "", "")
		add(5, "", "")
		flag := []string{"true", "false"}[i%2]
		add(6, flag, flag)
		note := fmt.Sprintf("note %d", i)
		if i%5 == 4 {
			add(7, "", "NULL")
		} else {
			add(7, note, note)
		}
	}
	setDates(cols, "%04[1]d-%02[2]d-%02[3]d", "%04[1]d-%02[2]d-%02[3]d %02[4]d:%02[5]d:%02[6]d")
	for i := range cols {
		cols[i].header = cols[i].name
	}
	return cols
}

// setDates writes the date and time columns; the days run through all of a month, so that their order shows.
func setDates(cols []column, date, stamp string) {
	for i := range cols[4].cells {
		y, m, d, h, mi, s := 2024+i%2, i%12+1, i%28+1, i%24, i*7%60, i*13%60
		cols[4].cells[i] = cell{text: fmt.Sprintf(date, y, m, d), want: fmt.Sprintf("%04d-%02d-%02d", y, m, d)}
		cols[5].cells[i] = cell{text: fmt.Sprintf(stamp, y, m, d, h, mi, s), want: fmt.Sprintf("%04d-%02d-%02dT%02d:%02d:%02dZ", y, m, d, h, mi, s)}
	}
}

// extra adds a column.
func extra(cols []column, name, typ string, write func(i int) (text, want string)) []column {
	c := column{name: name, header: name, typ: typ}
	for i := range cols[0].cells {
		text, want := write(i)
		c.cells = append(c.cells, cell{text: text, want: want})
	}
	return append(cols, c)
}
