package ingest_test

import (
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/assaydb/assay/ingest"
)

// labLines gives n bytes or a little more of lab results as CSV, without holding them.
type labLines struct {
	left int64
	r    *rand.Rand
	buf  []byte
}

func newLabLines(n int64) *labLines {
	return &labLines{left: n, r: rand.New(rand.NewPCG(1, 1)), buf: []byte("hospital_id,patient_id,test_code,test_name,specimen,collected_at,resulted_at,value,unit,ref_low,ref_high,abnormal_flag,age,sex,status,comment\n")}
}

func (l *labLines) Read(p []byte) (int, error) {
	for len(l.buf) < len(p) && l.left > 0 {
		n := len(l.buf)
		l.line()
		l.left -= int64(len(l.buf) - n)
	}
	if len(l.buf) == 0 {
		return 0, io.EOF
	}
	n := copy(p, l.buf)
	l.buf = l.buf[:copy(l.buf, l.buf[n:])]
	return n, nil
}

var flags = [...]string{"", "", "", "L", "H", "HH"}

func (l *labLines) line() {
	test, minute := l.r.IntN(20)*l.r.IntN(20), time.Date(2025, 1, 1, 0, l.r.IntN(43_200), l.r.IntN(60), 0, time.UTC)
	b := append(l.buf, 'H')
	b = append(b, strconv.Itoa(10_000 + l.r.IntN(200))[1:]...)
	b = append(b, ",P"...)
	b = append(b, strconv.Itoa(1_000_000_000 + l.r.IntN(750_000))[1:]...)
	b = fmt.Appendf(b, ",%d-%d,Substance number %d [Mass/volume] in Serum,serum,", 10_000+test, test%10, test)
	b = minute.AppendFormat(b, "2006-01-02T15:04:05Z,")
	b = minute.Add(time.Duration(l.r.IntN(1440))*time.Minute).AppendFormat(b, "2006-01-02T15:04:05Z,")
	b = strconv.AppendFloat(b, float64(l.r.IntN(20_000))/100, 'f', 2, 64)
	b = fmt.Appendf(b, ",mmol/L,%d.5,%d.5,%s,%d,%s,final,", test%9, 10+test%9, flags[l.r.IntN(6)], l.r.IntN(90), "FM"[l.r.IntN(2):][:1])
	if l.r.IntN(50) == 0 {
		b = append(b, `"haemolysed, ""repeat"""`...)
	}
	l.buf = append(b, '\n')
}

func peakRSS() string {
	b, _ := os.ReadFile("/proc/self/status")
	for _, line := range strings.Split(string(b), "\n") {
		if strings.HasPrefix(line, "VmHWM") {
			return strings.TrimSpace(strings.TrimPrefix(line, "VmHWM:"))
		}
	}
	return "unknown"
}

// cpuSeconds is the processor time of this process so far: on a machine that others use it says more than the wall.
func cpuSeconds() float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()).Seconds()
}

// benchBody is what BenchmarkLoad sends: the file ASSAY_BENCH_CSV, or generated lines.
func benchBody(b *testing.B, size int64, data []byte) io.Reader {
	if name := os.Getenv("ASSAY_BENCH_CSV"); name != "" {
		f, err := os.Open(name)
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { f.Close() })
		return f
	}
	if size > int64(len(data)) {
		return newLabLines(size)
	}
	return strings.NewReader(string(data))
}

// BenchmarkLoad loads ASSAY_BENCH_MB megabytes (64 when unset) of lab results, or the LabBench file ASSAY_BENCH_CSV: a new
// table, a declared one, and one that is partitioned and sorted.
func BenchmarkLoad(b *testing.B) {
	size := int64(64 << 20)
	if n, err := strconv.Atoi(os.Getenv("ASSAY_BENCH_MB")); err == nil {
		size = int64(n) << 20
	}
	if info, err := os.Stat(os.Getenv("ASSAY_BENCH_CSV")); err == nil {
		size = info.Size()
	}
	columns := []string{
		"hospital_id VARCHAR", "patient_id VARCHAR", "test_code VARCHAR", "test_name VARCHAR", "specimen VARCHAR", "collected_at TIMESTAMP", "resulted_at TIMESTAMP",
		"value DECIMAL(12,3)", "unit VARCHAR", "ref_low DECIMAL(12,3)", "ref_high DECIMAL(12,3)", "abnormal_flag VARCHAR", "age INT", "sex VARCHAR", "status VARCHAR", "comment VARCHAR",
	}
	var data []byte
	if os.Getenv("ASSAY_BENCH_CSV") == "" {
		var err error
		if data, err = io.ReadAll(newLabLines(min(size, 64<<20))); err != nil {
			b.Fatal(err)
		}
	}
	for name, prepare := range map[string]func(*rig){
		"inferred": func(*rig) {},
		"declared": func(r *rig) { r.create("labs", columns, nil, nil) },
		"sorted": func(r *rig) {
			r.create("labs", columns, nil, []string{"test_code", "hospital_id", "collected_at"})
		},
		"partitioned": func(r *rig) {
			r.create("labs", columns, []string{"month(collected_at)"}, []string{"test_code", "collected_at"})
		},
		"rehearse": func(r *rig) { r.create("labs", columns, nil, nil) },
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(size)
			cpu, stored := 0.0, int64(0)
			for b.Loop() {
				r := newRig(b, 0)
				prepare(r)
				body := benchBody(b, size, data)
				before := cpuSeconds()
				rec := r.mustLoad("labs", "", func(q *ingest.Request) { q.Body, q.Rehearse = body, name == "rehearse" })
				cpu += cpuSeconds() - before
				stored = 0
				for _, s := range rec.Segments {
					stored += s.Bytes
				}
			}
			b.ReportMetric(cpu/float64(b.N), "cpu-s/op")
			b.ReportMetric(float64(stored), "stored-B")
			b.Logf("peak RSS %s", peakRSS())
		})
	}
}
