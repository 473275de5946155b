package config

import (
	"strconv"
	"strings"
	"time"

	"github.com/assaydb/assay/storage/bytesize"
	"github.com/assaydb/assay/storage/errs"
)

// Settings are the effective values. Their meaning is in the usage texts of fields.
type Settings struct {
	Data   string
	NodeID string
	HTTP   string
	Admin  string
	Peer   string
	Gossip string
	Join   []string
	Mirror string

	Replicas int
	Threads  int
	Memory   int64
	Role     string

	TLSCert, TLSKey, TLSCA string
	TokenFile              string

	RetainHistory time.Duration
	QueryTimeout  time.Duration
	QueryMemory   int64
	MaxBytes      int64
	MaxQueries    int
	MaxLoads      int
	MaxUpload     int64
	MaxDecoded    int64
	MaxRatio      int
	MaxLine       int64
	MaxCell       int64
	MaxColumns    int
	MaxJobs       int

	InboxRoots     []string
	MaxLoadJobs    int
	MaxOpenUploads int
	UploadSpace    int64
	UploadExpiry   time.Duration

	DrainTimeout time.Duration
	AttachRoot   []string

	Compact                      string
	CompactEvery                 time.Duration
	CompactTarget, CompactMemory int64

	LogFormat string
	LogLevel  string

	origins map[string]string
}

// field is one setting: its flag name, its default and how text becomes its value.
type field struct {
	name     string
	fallback string
	usage    string
	set      func(*Settings, string) error
	get      func(*Settings) string
	secret   bool
}

// fields lists every setting once: flags, environment, file and /v1/config all follow from it.
func fields() []field {
	return []field{
		text("data", "", "folder that holds everything this node keeps (required)", func(s *Settings) *string { return &s.Data }),
		text("node-id", "n1", "name of this node, for ever the same", func(s *Settings) *string { return &s.NodeID }),
		text("http", "127.0.0.1:8080", "address of the HTTP API; port 0 takes a free one", func(s *Settings) *string { return &s.HTTP }),
		text("admin", "", "loopback address for /debug/pprof and /metrics; empty: none", func(s *Settings) *string { return &s.Admin }),
		text("peer", "127.0.0.1:7950", "address for the other nodes", func(s *Settings) *string { return &s.Peer }),
		text("gossip", "127.0.0.1:7946", "address for finding the other nodes", func(s *Settings) *string { return &s.Gossip }),
		list("join", "gossip addresses of any members, HOST:PORT,...; without it a new data folder starts a one-node cluster", func(s *Settings) *[]string { return &s.Join }),
		withSecret(text("mirror", "", "where segments are mirrored: file:///DIR or s3://BUCKET/PREFIX?endpoint=URL&region=R; empty: DATA/mirror; none: no mirror", func(s *Settings) *string { return &s.Mirror })),
		number("replicas", 1, 1, 9, "copies of each segment in the cluster", func(s *Settings) *int { return &s.Replicas }),
		number("threads", 0, 0, 4096, "threads for queries; 0: one per CPU", func(s *Settings) *int { return &s.Threads }),
		size("memory", "0", 64<<20, "memory this node aims to stay below, like 4GiB; 0: half of the machine's", func(s *Settings) *int64 { return &s.Memory }),
		choice("role", "all", []string{"all", "query"}, "all: keeps segments and answers queries; query: only answers", func(s *Settings) *string { return &s.Role }),
		text("tls-cert", "", "certificate of the HTTP API, PEM", func(s *Settings) *string { return &s.TLSCert }),
		text("tls-key", "", "its key, PEM", func(s *Settings) *string { return &s.TLSKey }),
		text("tls-ca", "", "certificates that client certificates must come from, PEM; empty: none are asked for", func(s *Settings) *string { return &s.TLSCA }),
		text("token-file", "", "file with bearer tokens, one a line; every request must carry one", func(s *Settings) *string { return &s.TokenFile }),
		duration("retain-history", "168h", "how long superseded data can be queried and restored", func(s *Settings) *time.Duration { return &s.RetainHistory }),
		duration("query-timeout", "5m", "limit of one query", func(s *Settings) *time.Duration { return &s.QueryTimeout }),
		size("query-memory", "0", 1<<20, "memory of one query before it spills to disk; 0: a quarter of --memory", func(s *Settings) *int64 { return &s.QueryMemory }),
		size("max-bytes", "0", 0, "compressed bytes one query may read, judged on its estimate; 0: no limit", func(s *Settings) *int64 { return &s.MaxBytes }),
		number("max-queries", 16, 1, 4096, "queries running at once; more wait, then get 429", func(s *Settings) *int { return &s.MaxQueries }),
		number("max-loads", 4, 1, 256, "uploads converted at once; more get 429", func(s *Settings) *int { return &s.MaxLoads }),
		size("max-upload", "1TiB", 1<<10, "largest body of one upload, as sent", func(s *Settings) *int64 { return &s.MaxUpload }),
		size("max-decoded", "1TiB", 1<<10, "largest upload once it is decompressed", func(s *Settings) *int64 { return &s.MaxDecoded }),
		number("max-ratio", 200, 1, 1_000_000, "how many times larger a compressed upload may become, beyond its first 64 MiB", func(s *Settings) *int { return &s.MaxRatio }),
		size("max-line", "1MiB", 1<<10, "longest record of a CSV; longer ones are rejected; at most 64MiB, and each load needs memory for several", func(s *Settings) *int64 { return &s.MaxLine }),
		size("max-cell", "1MiB", 1<<10, "longest field of a CSV; records with longer ones are rejected", func(s *Settings) *int64 { return &s.MaxCell }),
		number("max-columns", 10_000, 1, 10_000, "columns of an uploaded file", func(s *Settings) *int { return &s.MaxColumns }),
		number("max-jobs", 256, 1, 10_000, "jobs under way at once; more get 429", func(s *Settings) *int { return &s.MaxJobs }),
		list("inbox-roots", "folders below which inboxes may read, /A,/B; empty: none, only object stores", func(s *Settings) *[]string { return &s.InboxRoots }),
		number("max-load-jobs", 2, 1, 256, "loads that jobs run at once: finished uploads and files of inboxes; more wait", func(s *Settings) *int { return &s.MaxLoadJobs }),
		number("max-open-uploads", 100, 1, 100_000, "resumable uploads that are not committed yet; more get 429", func(s *Settings) *int { return &s.MaxOpenUploads }),
		size("upload-space", "1TiB", 1<<20, "bytes that resumable uploads may announce together", func(s *Settings) *int64 { return &s.UploadSpace }),
		duration("upload-expiry", "24h", "how long a resumable upload is kept after its last byte", func(s *Settings) *time.Duration { return &s.UploadExpiry }),
		list("attach-root", "where Parquet files of others may be attached from: folders and s3://BUCKET/PREFIX?endpoint=URL&region=R, comma-separated; none: nowhere; empty: anywhere while the HTTP API is on loopback, else nowhere", func(s *Settings) *[]string { return &s.AttachRoot }),
		choice("compact", "on", []string{"on", "off"}, "on: small segments are merged in the background; off: only when asked to", func(s *Settings) *string { return &s.Compact }),
		duration("compact-every", "1m", "how often the background looks for segments to merge", func(s *Settings) *time.Duration { return &s.CompactEvery }),
		size("compact-target", "128MiB", 1<<10, "segments of half of it are not merged any more", func(s *Settings) *int64 { return &s.CompactTarget }),
		size("compact-memory", "128MiB", 1<<20, "memory for sorting merged rows; more goes to disk", func(s *Settings) *int64 { return &s.CompactMemory }),
		duration("drain-timeout", "30s", "how long a stopping node waits for what still runs", func(s *Settings) *time.Duration { return &s.DrainTimeout }),
		choice("log-format", "text", []string{"text", "json"}, "text or json, on standard error", func(s *Settings) *string { return &s.LogFormat }),
		choice("log-level", "info", []string{"debug", "info", "warn", "error"}, "least level that is logged", func(s *Settings) *string { return &s.LogLevel }),
	}
}

func text(name, fallback, usage string, at func(*Settings) *string) field {
	return field{
		name: name, fallback: fallback, usage: usage,
		set: func(s *Settings, v string) error { *at(s) = v; return nil },
		get: func(s *Settings) string { return *at(s) },
	}
}

func withSecret(f field) field { f.secret = true; return f }

func list(name, usage string, at func(*Settings) *[]string) field {
	return field{
		name: name, usage: usage,
		set: func(s *Settings, v string) error {
			*at(s) = strings.FieldsFunc(v, func(r rune) bool { return r == ',' || r == ' ' })
			return nil
		},
		get: func(s *Settings) string { return strings.Join(*at(s), ",") },
	}
}

func number(name string, fallback, least, most int, usage string, at func(*Settings) *int) field {
	return field{
		name: name, fallback: strconv.Itoa(fallback), usage: usage,
		set: func(s *Settings, v string) error {
			n, err := strconv.Atoi(strings.TrimSpace(v))
			if err != nil || n < least || n > most {
				return errs.New(errs.Invalid, "bad-setting", "%q is not a whole number from %d to %d", v, least, most)
			}
			*at(s) = n
			return nil
		},
		get: func(s *Settings) string { return strconv.Itoa(*at(s)) },
	}
}

// size takes 0 always, else at least least: "--memory 4" is a slip for 4GiB, not a wish for four bytes.
func size(name, fallback string, least int64, usage string, at func(*Settings) *int64) field {
	return field{
		name: name, fallback: fallback, usage: usage,
		set: func(s *Settings, v string) error {
			n, err := bytesize.Parse(v)
			if err != nil {
				return err
			}
			if n != 0 && n < least {
				return errs.New(errs.Invalid, "bad-setting", "%q is %d bytes, less than the least of %s", v, n, bytesize.Format(least)).WithHint("give a unit, like 4GiB")
			}
			*at(s) = n
			return nil
		},
		get: func(s *Settings) string { return strconv.FormatInt(*at(s), 10) },
	}
}

func duration(name, fallback, usage string, at func(*Settings) *time.Duration) field {
	return field{
		name: name, fallback: fallback, usage: usage,
		set: func(s *Settings, v string) error {
			d, err := ParseDuration(v)
			if err == nil {
				*at(s) = d
			}
			return err
		},
		get: func(s *Settings) string { return at(s).String() },
	}
}

// ParseDuration reads a positive duration: Go's form, or whole days like 7d.
func ParseDuration(v string) (time.Duration, error) {
	text := strings.TrimSpace(v)
	if days, ok := strings.CutSuffix(text, "d"); ok {
		if n, err := strconv.Atoi(days); err == nil && n > 0 && n < 36_500 {
			return time.Duration(n) * 24 * time.Hour, nil
		}
	}
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		return 0, errs.New(errs.Invalid, "bad-duration", "%q is not a duration", v).WithHint("write it like 30s, 5m, 24h or 7d")
	}
	return d, nil
}

func choice(name, fallback string, of []string, usage string, at func(*Settings) *string) field {
	return field{
		name: name, fallback: fallback, usage: usage,
		set: func(s *Settings, v string) error {
			for _, o := range of {
				if v == o {
					*at(s) = v
					return nil
				}
			}
			return errs.New(errs.Invalid, "bad-setting", "%q is none of %s", v, strings.Join(of, ", "))
		},
		get: func(s *Settings) string { return *at(s) },
	}
}
