package server

import (
	"net/http"
	"strconv"
	"time"

	"github.com/assaydb/assay/ingest"
	"github.com/assaydb/assay/planner"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// metrics are what /metrics shows, on a registry of their own so that several servers fit in one process.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	loads    *prometheus.CounterVec
	rows     *prometheus.CounterVec
	bytesIn  prometheus.Counter
	queries  *prometheus.CounterVec
	scanned  *prometheus.CounterVec
}

func newMetrics(s *Server) *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: counters("assay_http_requests_total", "Requests answered, by route and status.", "method", "route", "status"),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "assay_http_request_seconds", Help: "Time from the header to the last byte, by route.",
			Buckets: prometheus.ExponentialBuckets(0.001, 4, 10),
		}, []string{"route"}),
		loads:   counters("assay_loads_total", "Uploads ended, by outcome.", "outcome"),
		rows:    counters("assay_load_rows_total", "Rows of uploads, accepted or rejected.", "fate"),
		bytesIn: prometheus.NewCounter(prometheus.CounterOpts{Name: "assay_load_bytes_total", Help: "Decoded bytes of accepted uploads."}),
		queries: counters("assay_queries_total", "Statements ended, by outcome.", "outcome"),
		scanned: counters("assay_query_scanned_total", "Rows and compressed bytes read by queries.", "unit"),
	}
	m.registry.MustRegister(m.requests, m.seconds, m.loads, m.rows, m.bytesIn, m.queries, m.scanned,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	m.gauge("assay_catalog_index", "Catalog index applied here.", func() float64 { return float64(s.parts.Catalog.Snapshot().Index()) })
	m.gauge("assay_catalog_tables", "Tables in the catalog.", func() float64 { return float64(len(s.parts.Catalog.Snapshot().Tables())) })
	m.gauge("assay_memory_granted_bytes", "Memory that running queries have reserved.", func() float64 { return s.parts.Keeper.Memory("granted") })
	m.gauge("assay_memory_hot_bytes", "Memory of decoded pages and dictionaries that are kept between queries.", func() float64 { return s.parts.Keeper.Memory("hot") })
	m.gauge("assay_memory_limit_bytes", "Memory that the node aims to stay below.", func() float64 { return s.parts.Keeper.Memory("limit") })
	m.gauge("assay_queries_running", "Statements that run or wait for their turn.", func() float64 { return float64(len(s.parts.Engine.Running())) })
	m.gauge("assay_loads_running", "Uploads being converted.", func() float64 { return float64(s.loads.Running()) })
	for _, c := range [][3]string{
		{"jobs", "assay_compaction_jobs_total", "Compactions put in force."},
		{"refused", "assay_compaction_refused_total", "Compactions dropped because the catalog had changed."},
		{"failed", "assay_compaction_failed_total", "Compactions that failed."},
		{"segments_in", "assay_compaction_input_segments_total", "Segments that compactions put others in place of."},
		{"segments_out", "assay_compaction_output_segments_total", "Segments that compactions wrote."},
		{"bytes_in", "assay_compaction_input_bytes_total", "Bytes of the segments that compactions read."},
		{"bytes_out", "assay_compaction_output_bytes_total", "Bytes of the segments that compactions wrote."},
		{"rows", "assay_compaction_rows_total", "Rows that compactions wrote anew."},
		{"seconds", "assay_compaction_seconds_total", "Time that compactions took."},
	} {
		m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: c[1], Help: c[2]}, func() float64 { return s.parts.Keeper.Compacted(c[0]) }))
	}
	return m
}

func counters(name, help string, labels ...string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
}

func (m *metrics) gauge(name, help string, value func() float64) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, value))
}

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4})
}

func (m *metrics) request(rt route, status int, took time.Duration) {
	m.requests.WithLabelValues(rt.method, rt.path, strconv.Itoa(status)).Inc()
	m.seconds.WithLabelValues(rt.path).Observe(took.Seconds())
}

func (m *metrics) load(r *ingest.Receipt, err error) {
	switch {
	case err != nil:
		m.loads.WithLabelValues("failed").Inc()
		return
	case r.Rehearsal:
		m.loads.WithLabelValues("rehearsed").Inc()
		return
	case r.Duplicate:
		m.loads.WithLabelValues("duplicate").Inc()
		return
	}
	m.loads.WithLabelValues("committed").Inc()
	m.rows.WithLabelValues("accepted").Add(float64(r.Accepted))
	m.rows.WithLabelValues("rejected").Add(float64(r.Rejected))
	m.bytesIn.Add(float64(r.BytesIn))
}

func (m *metrics) query(st planner.Stats, err error) {
	outcome := "ok"
	if err != nil {
		p, _ := problemOf(err)
		outcome = p.Code
	}
	m.queries.WithLabelValues(outcome).Inc()
	m.scanned.WithLabelValues("rows").Add(float64(st.RowsScanned))
	m.scanned.WithLabelValues("bytes").Add(float64(st.BytesScanned))
}
