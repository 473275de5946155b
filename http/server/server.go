package server

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/assaydb/assay/http/limit"
	"github.com/assaydb/assay/storage/errs"
)

// Server answers the HTTP API. New makes one; Serve runs until Shutdown.
type Server struct {
	cfg      Config
	parts    Parts
	log      *slog.Logger
	metrics  *metrics
	loads    *limit.Gate
	replies  *replies
	queries  *background
	routes   []route
	http     *http.Server
	draining atomic.Bool
	drained  context.Context // ends when draining begins: streams of events end then
	drain    context.CancelFunc
	running  atomic.Int64 // requests of other than public routes
}

// New builds a server from its parts.
func New(cfg Config, parts Parts) (*Server, error) {
	cfg = cfg.withDefaults()
	s := &Server{
		cfg: cfg, parts: parts, log: parts.Logger, loads: limit.NewGate("uploads (max-loads)", cfg.MaxLoads, gateWait),
		replies: newReplies(),
	}
	s.drained, s.drain = context.WithCancel(context.Background())
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	s.metrics = newMetrics(s)
	var err error
	if s.queries, err = openBackground(cfg, parts.Engine, s.log, s.metrics); err != nil {
		return nil, err
	}
	s.routes = s.table()
	s.http = &http.Server{
		Handler:           s.patiently(newRouter(s.routes, s.wrap, s.unrouted)),
		ReadHeaderTimeout: cfg.HeaderTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
		// ReadTimeout and WriteTimeout would bound whole uploads and results: exchange and patientBody set a deadline for every
		// single read and write instead.
	}
	return s, nil
}

// Handler is the API without a listener.
func (s *Server) Handler() http.Handler { return s.http.Handler }

// Serve answers on l until Shutdown. With tlsConfig it speaks TLS alone.
func (s *Server) Serve(l net.Listener, tlsConfig *tls.Config) error {
	l = limit.Listener(l, s.cfg.MaxConns)
	var err error
	if tlsConfig != nil {
		s.http.TLSConfig = tlsConfig
		err = s.http.ServeTLS(l, "", "")
	} else {
		err = s.http.Serve(l)
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return fmt.Errorf("serve HTTP: %w", err)
}

// ServeAdmin answers profiles and metrics on l, which must be a loopback listener, until ctx ends.
func (s *Server) ServeAdmin(ctx context.Context, l net.Listener) error {
	mux := http.NewServeMux()
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	mux.Handle("/metrics", s.metrics.handler())
	admin := &http.Server{Handler: mux, ReadHeaderTimeout: s.cfg.HeaderTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeaderBytes}
	stop := context.AfterFunc(ctx, func() { _ = admin.Close() })
	defer stop()
	if err := admin.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve admin: %w", err)
	}
	return nil
}

// Drain makes /readyz and every new request answer 503, so that balancers and clients look elsewhere, while what runs goes on.
func (s *Server) Drain() {
	s.draining.Store(true)
	s.drain()
}

// drainPoll is how often Shutdown looks whether something still runs.
const drainPoll = 10 * time.Millisecond

// Shutdown drains: it waits for running requests and background queries until ctx ends, and cuts what is left. The listener stays open meanwhile: a balancer must be able to see /readyz say no.
func (s *Server) Shutdown(ctx context.Context) error {
	s.Drain()
	s.settle(ctx)
	s.queries.close()
	err := s.http.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		s.log.Warn("cutting requests that still run")
		err = s.http.Close()
	}
	return err
}

// patiently bounds the silence before a body begins, also one that nothing will read: see patientBody.
func (s *Server) patiently(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength != 0 {
			http.NewResponseController(w).SetReadDeadline(time.Now().Add(s.cfg.IdleRead)) //nolint:errcheck // a connection without deadlines is a test's
		}
		next.ServeHTTP(w, r)
	})
}

// settle waits until nothing runs or ctx ends.
func (s *Server) settle(ctx context.Context) {
	tick := time.NewTicker(drainPoll)
	defer tick.Stop()
	for s.running.Load() > 0 || s.queries.busy() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// wrap puts around a handler what every request gets: counting, deadlines, authentication, the access log, and an end for errors
// and panics.
func (s *Server) wrap(rt route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if e, ok := w.(interface{ Unwrap() http.ResponseWriter }); ok {
			w = e.Unwrap() // echo's own writer counts what is counted here already
		}
		control, start := http.NewResponseController(w), time.Now()
		x := &exchange{ResponseWriter: w, control: control, idle: s.cfg.IdleWrite}
		r.Body = &patientBody{ReadCloser: r.Body, control: control, idle: s.cfg.IdleRead}
		r = withExchange(r, x)
		err := s.run(rt, x, r)
		s.finish(rt, x, r, err, time.Since(start))
	})
}

func (s *Server) run(rt route, x *exchange, r *http.Request) (err error) {
	defer func() {
		if p := recover(); p != nil {
			// The panic's value may hold data; the stack does not.
			err = errs.New(errs.Internal, "internal", "the server hit a bug while it answered; its log has the place")
			s.log.Error("panic in a handler", "route", rt.path, "type", fmt.Sprintf("%T", p), "stack", string(debug.Stack()))
		}
	}()
	x.Header().Set("X-Content-Type-Options", "nosniff")
	if !rt.public {
		s.running.Add(1)
		defer s.running.Add(-1)
	}
	if s.parts.Tokens != nil && !rt.public {
		if x.who, err = s.parts.Tokens.Identify(r); err != nil {
			return err
		}
	}
	if s.draining.Load() && !rt.public {
		return errs.New(errs.Unavailable, "draining", "this node is shutting down")
	}
	if x.query, err = queryOf(r, rt.query...); err != nil && !rt.public {
		return err
	}
	if key := r.Header.Get("Idempotency-Key"); key != "" && rt.method == http.MethodPost {
		return s.replies.once(key, x, r, rt.handle)
	}
	return rt.handle(x, r)
}

// finish answers a failure that has no answer yet, aborts one that has begun, and logs. Nothing of the body, the SQL or the token
// reaches the log.
func (s *Server) finish(rt route, x *exchange, r *http.Request, err error, took time.Duration) {
	status := x.status
	if err != nil && status == 0 {
		status = writeProblem(x, err)
	} else if status == 0 {
		status = http.StatusOK
	}
	s.metrics.request(rt, status, took)
	attrs := []any{
		"method", rt.method, "route", rt.path, "status", status, "bytes", x.bytes,
		"ms", float64(took.Microseconds()) / 1000, "remote", r.RemoteAddr,
	}
	if x.queryID != "" {
		attrs = append(attrs, "query", x.queryID)
	}
	if x.who != "" {
		attrs = append(attrs, "who", x.who)
	}
	s.logAccess(rt, status, err, attrs)
	if err != nil && x.status != 0 && x.status < 400 {
		panic(http.ErrAbortHandler)
	}
}

func (s *Server) logAccess(rt route, status int, err error, attrs []any) {
	level := slog.LevelInfo
	if rt.public {
		level = slog.LevelDebug
	}
	if err != nil {
		p, _ := problemOf(err)
		attrs = append(attrs, "code", p.Code)
		if status >= 500 && errs.As(err) == nil {
			// Unclassified errors are bugs or the machine's; their text names files and calls, never values.
			attrs = append(attrs, "error", err.Error())
		}
		if status >= 500 {
			level = slog.LevelError
		}
	}
	s.log.Log(context.Background(), level, "request", attrs...)
}

// unrouted answers paths and methods that no route takes.
func (s *Server) unrouted(w http.ResponseWriter, r *http.Request, err error) {
	var method methodError
	if errors.As(err, &method) {
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(http.StatusMethodNotAllowed)
		p := problem{Type: "about:blank", Title: "Method not allowed", Status: http.StatusMethodNotAllowed, Code: "method-not-allowed", Detail: method.Error()}
		w.Write(append(marshal(p), '\n')) //nolint:errcheck // the client has gone; there is no one left to tell
		return
	}
	writeProblem(w, err)
}

// whoOf names the caller, empty without authentication.
func whoOf(r *http.Request) string {
	if x := exchangeOf(r); x != nil {
		return x.who
	}
	return ""
}
