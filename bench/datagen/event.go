package datagen

import (
	"context"
	"io"
	"math/bits"
	"math/rand/v2"
	"path/filepath"
	"time"

	"github.com/assaydb/assay/storage/errs"
)

// EventHeader is the first line of the events: 60 columns.
const EventHeader = "event_id,event_time,event_date,received_at,hospital_id,department,ward,user_id,session_id,client_ip," +
	"country,city,user_agent,os,os_version,browser,browser_version,device_model,screen_width,screen_height," +
	"app_name,app_version,page,referrer,title,search_phrase,event_type,action,object_type,object_id," +
	"patient_id,order_id,specimen,test_code,panel,instrument_id,instrument_model,run_id,position,duration_ms," +
	"queue_ms,db_ms,network_ms,bytes_in,bytes_out,status_code,error_code,is_mobile,is_bot,is_error," +
	"retries,temperature,reagent_ml,cost,currency,quality,latitude,longitude,experiment,note\n"

// Events is a wide set: what people and instruments of the laboratories did, one row an event, in the order of time over 24 months.
// It is immutable and safe to share.
type Events struct {
	rows   int64
	seed   uint64
	agents []string
	tests  []test
}

// NewEvents plans a set.
func NewEvents(rows int64, seed uint64) (*Events, error) {
	if rows < 1 || rows > 8e9 {
		return nil, errs.New(errs.Invalid, "bad-rows", "%d events: 1 to 8000000000 are possible", rows)
	}
	e := &Events{rows: rows, seed: seed, tests: makeTests()}
	for i := range 200 {
		e.agents = append(e.agents, agent(uint64(i)))
	}
	return e, nil
}

// WriteFile writes all rows to dir/events.csv.
func (e *Events) WriteFile(ctx context.Context, dir string, workers int, told Progress) error {
	return createWhole(filepath.Join(dir, "events.csv"), func(w io.Writer) error { return e.Write(ctx, w, workers, told) })
}

// Write writes all rows under the header.
func (e *Events) Write(ctx context.Context, w io.Writer, workers int, told Progress) error {
	return writePieces(ctx, w, EventHeader, evenPieces(e.rows, e.appendPiece), workers, told)
}

// evenPieces cuts rows numbered from 0 into pieces; do appends those from first to before last.
func evenPieces(rows int64, do func(dst []byte, first, last int64) []byte) func(func(piece) bool) {
	return func(yield func(piece) bool) {
		for first := int64(0); first < rows; first += pieceRows {
			last := min(first+pieceRows, rows)
			if !yield(piece{rows: last - first, text: func(dst []byte) []byte { return do(dst, first, last) }}) {
				return
			}
		}
	}
}

func (e *Events) appendPiece(dst []byte, first, last int64) []byte {
	d := draw{rand.NewPCG(mix(e.seed^0xe7e47), mix(uint64(first)))}
	for i := first; i < last; i++ {
		v := e.event(d, i)
		dst = e.appendWhen(dst, d, v)
		dst = e.appendWho(dst, d, v)
		dst = e.appendClient(dst, d, v)
		dst = e.appendPage(dst, d, v)
		dst = e.appendObject(dst, d, v)
		dst = e.appendCost(dst, d, v)
		dst = append(e.appendMeasures(dst, d, v), '\n')
	}
	return dst
}

// event is what several columns of a row depend on.
type event struct {
	row, user, session, patient, hospital uint64
	at                                    int64 // seconds
	mobile                                bool
	status                                string
}

// event spreads the rows over 24 months; a session is a user's in a window of time.
func (e *Events) event(d draw, row int64) event {
	const months24 = 730 * 86_400
	v := event{row: uint64(row), user: d.skewed(400_000), patient: d.skewed(2_000_000), mobile: d.percent(22), status: "200"}
	v.at = time.Date(firstYear, 1, 1, 0, 0, 0, 0, time.UTC).Unix() + between(row, e.rows, months24)
	v.hospital = mix(v.user) % MaxHospitals * (mix(v.user) >> 32 % MaxHospitals) / MaxHospitals
	v.session = mix(v.user<<20 ^ uint64(v.at/1800))
	if d.percent(6) {
		v.status = [...]string{"404", "403", "500", "409", "503"}[d.skewed(5)]
	}
	return v
}

// between is the share part/of of whole, rounded down.
func between(part, of, whole int64) int64 {
	hi, lo := bits.Mul64(uint64(part), uint64(whole))
	q, _ := bits.Div64(hi, lo, uint64(of))
	return int64(q)
}

func (e *Events) appendWhen(dst []byte, d draw, v event) []byte {
	dst = number(dst, v.row*1_000_003+d.below(1000))
	at := time.Unix(v.at, 0).UTC()
	dst = append(at.AppendFormat(dst, time.DateTime), ',')
	dst = append(at.AppendFormat(dst, time.DateOnly), ',')
	return append(at.Add(time.Duration(d.skewed(600))*time.Second).AppendFormat(dst, time.DateTime), ',')
}

func (e *Events) appendWho(dst []byte, d draw, v event) []byte {
	dst = word(dst, hospitalID(int(v.hospital)))
	department := mix(v.user+1) % 40
	dst = coded(dst, "Department ", department, 2)
	dst = coded(dst, "W", department*12+d.skewed(12), 3)
	dst = number(dst, 100_000+v.user)
	dst = number(dst, v.session>>1)
	dst = appendIP(dst, mix(v.user+7))
	dst = word(dst, regions[v.hospital%uint64(len(regions))])
	return coded(dst, "City ", v.hospital*3+d.skewed(3), 0)
}

// appendIP appends an address of a private net and a comma.
func appendIP(dst []byte, h uint64) []byte {
	dst = append(dst, "10."...)
	for shift := range 3 {
		dst = number(dst, h>>(8*shift)&0xff)
		dst[len(dst)-1] = '.'
	}
	dst[len(dst)-1] = ','
	return dst
}

func (e *Events) appendClient(dst []byte, d draw, v event) []byte {
	k := mix(v.user+3) % 200
	dst = word(dst, e.agents[k])
	dst = coded(dst, "OS ", k%12, 0)
	dst = coded(dst, "", k%60, 0)
	dst = coded(dst, "Browser ", k%10, 0)
	dst = coded(dst, "", 90+k%40, 0)
	if v.mobile {
		dst = coded(dst, "Handheld ", mix(v.user+4)%300, 0)
		dst = number(number(dst, 390+k%3*20), 844)
	} else {
		dst = append(dst, ',')
		dst = number(number(dst, 1280+k%6*128), 720+k%5*120)
	}
	dst = coded(dst, "app-", d.skewed(15), 0)
	return coded(dst, "4.", k%50, 0)
}

var views = []string{"results", "orders", "worklist", "patient", "trend", "critical", "report", "calibration", "stock", "audit"}

func (e *Events) appendPage(dst []byte, d draw, v event) []byte {
	view := views[d.skewed(uint64(len(views)))]
	dst = append(append(append(dst, "/lab/"...), view...), '/')
	dst = coded(dst, "p", d.skewed(120_000), 0)
	if d.percent(60) {
		dst = append(dst, ',')
	} else {
		dst = append(append(append(dst, "https://portal"...), byte('a'+d.skewed(9))), ".example.org/"...)
		dst = coded(dst, "", d.skewed(5_000), 0)
	}
	dst = append(append(dst, view...), " - "...)
	dst = coded(dst, "screen ", d.skewed(2_000), 0)
	if d.percent(85) {
		return append(dst, ',')
	}
	dst = append(append(dst, analytes[d.skewed(uint64(len(analytes)))]...), ' ')
	return coded(dst, "", d.skewed(4_000), 0)
}

var (
	actions = []string{"view", "list", "search", "open", "print", "edit", "sign", "export", "delete", "login", "logout", "import"}
	objects = []string{"result", "order", "specimen", "patient", "report", "instrument", "reagent", "user", "panel", "rule"}
)

func (e *Events) appendObject(dst []byte, d draw, v event) []byte {
	dst = coded(dst, "type-", d.skewed(40), 2)
	dst = d.pick(dst, actions)
	dst = d.pick(dst, objects)
	dst = coded(dst, "ORD-", d.below(20_000_000), 8)
	if d.percent(30) {
		dst = append(dst, ",,"...)
	} else {
		dst = coded(dst, "P", v.patient, 9)
		dst = number(dst, mix(v.patient)>>24)
	}
	t := &e.tests[d.skewed(Codes)]
	dst = word(word(dst, t.specimen), t.code)
	dst = coded(dst, "panel ", mix(uint64(len(t.code)))%7+d.skewed(53), 0)
	instrument := d.skewed(800)
	dst = coded(dst, "INS", instrument, 4)
	dst = coded(dst, "Analyzer ", instrument%40, 0)
	return number(number(dst, instrument*1_000_000+uint64(v.at/3600)), d.below(96))
}

func (e *Events) appendCost(dst []byte, d draw, v event) []byte {
	queue, db, network := d.skewed(400), d.skewed(3000), d.skewed(250)
	dst = number(number(number(number(dst, queue+db+network), queue), db), network)
	dst = number(number(dst, 200+d.skewed(8_000)), 500+d.skewed(900_000))
	dst = word(dst, v.status)
	if v.status == "200" {
		dst = append(dst, ',')
	} else {
		dst = coded(dst, "E", d.skewed(60), 3)
	}
	for _, yes := range []bool{v.mobile, mix(v.user+9)%50 == 0, v.status >= "500"} {
		dst = word(dst, map[bool]string{true: "true", false: "false"}[yes])
	}
	return number(dst, d.skewed(5))
}

func (e *Events) appendMeasures(dst []byte, d draw, v event) []byte {
	dst = scaled(dst, 180+d.below(80), 1) // degrees
	dst = scaled(dst, 50+d.below(20_000), 3)
	dst = scaled(dst, 100+d.skewed(250_000), 2)
	dst = d.pick(dst, []string{"EUR", "USD", "GBP", "CHF"})
	if d.percent(20) {
		dst = append(dst, ',')
	} else {
		dst = append(append(dst, "0."...), '0'+byte(d.below(10)))
		dst = number(dst, 1+d.below(9_999))
	}
	dst = scaled(dst, 36_000+mix(v.hospital)%20_000, 3)
	dst = scaled(dst, mix(v.hospital+1)%30_000, 3)
	if d.percent(90) {
		dst = append(dst, ',')
	} else {
		dst = coded(dst, "trial-", d.skewed(12), 2)
	}
	if d.percent(2) {
		dst = append(dst, comments[d.below(uint64(len(comments)))]...)
	}
	return dst
}

// agent is a browser's long name for itself.
func agent(i uint64) string {
	h := mix(i + 0xa9e47)
	major := string(number(nil, 90+h%40))
	build := string(number(nil, h>>8%9000))
	return "Mozilla/5.0 (LabStation " + major[:len(major)-1] + "; x86_64) Engine/537." + build[:len(build)-1] + " Client/4." + string(rune('0'+i%10))
}
