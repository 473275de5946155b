package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/assaydb/assay/node/config"
)

func load(t *testing.T, file string, env, flags map[string]string) (*config.Settings, error) {
	t.Helper()
	src := config.Source{Flags: flags, Lookup: func(k string) (string, bool) { v, ok := env[k]; return v, ok }}
	if file != "" {
		src.File = filepath.Join(t.TempDir(), "assay.toml")
		if err := os.WriteFile(src.File, []byte(file), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return config.Load(src)
}

func TestFlagBeatsEnvironmentBeatsFile(t *testing.T) {
	file := "data = \"/f\"\nthreads = 3\nmemory = \"1GiB\"\nnode_id = \"f\"\n"
	s, err := load(t, file, map[string]string{"ASSAY_DATA": "/e", "ASSAY_MEMORY": "2GiB"}, map[string]string{"data": "/flag"})
	if err != nil {
		t.Fatal(err)
	}
	if s.Data != "/flag" || s.Memory != 2<<30 || s.Threads != 3 || s.NodeID != "f" || s.HTTP != "127.0.0.1:8080" || s.RetainHistory != 168*time.Hour {
		t.Errorf("settings %+v", s)
	}
	origins := map[string]string{}
	for _, i := range s.Items() {
		origins[i.Name] = i.Origin
	}
	for name, want := range map[string]string{"data": "flag --data", "memory": "environment ASSAY_MEMORY", "http": "default"} {
		if origins[name] != want {
			t.Errorf("origin of %s is %q, want %q", name, origins[name], want)
		}
	}
	if !strings.HasSuffix(origins["threads"], "assay.toml:2") {
		t.Errorf("origin of threads is %q", origins["threads"])
	}
}

func TestErrorsNameThePlace(t *testing.T) {
	for _, c := range []struct {
		name, file string
		env, flags map[string]string
		want       string
	}{
		{"unknown key", "data = \"/d\"\n\nthread = 3\n", nil, nil, `assay.toml:3: unknown key "thread"`},
		{"table", "data = \"/d\"\n[http]\nx = 1\n", nil, nil, `assay.toml:2: key "http"`},
		{"syntax", "data = \n", nil, nil, "assay.toml:1:"},
		{"bad value", "data = \"/d\"\nthreads = \"many\"\n", nil, nil, `assay.toml:2: "many" is not a whole number`},
		{"no unit", "", nil, map[string]string{"data": "/d", "memory": "4"}, "flag --memory: \"4\" is 4 bytes"},
		{"bad duration", "", map[string]string{"ASSAY_QUERY_TIMEOUT": "5 minutes"}, map[string]string{"data": "/d"}, "environment ASSAY_QUERY_TIMEOUT:"},
		{"no data", "", nil, nil, "no data folder"},
		{"open to all", "", nil, map[string]string{"data": "/d", "http": "0.0.0.0:8080"}, "refusing to listen on 0.0.0.0:8080"},
		{"open without host", "", nil, map[string]string{"data": "/d", "http": ":8080"}, "refusing to listen"},
		{"TLS without token", "", nil, map[string]string{"data": "/d", "http": "10.0.0.1:80", "tls-cert": "c", "tls-key": "k"}, "needs TLS and authentication"},
		{"token without TLS", "", nil, map[string]string{"data": "/d", "http": "[::]:80", "token-file": "t"}, "needs TLS and authentication"},
		{"admin open", "", nil, map[string]string{"data": "/d", "admin": ":6060"}, "admin listener"},
		{"half TLS", "", nil, map[string]string{"data": "/d", "tls-cert": "c"}, "belong together"},
		{"bad role", "", nil, map[string]string{"data": "/d", "role": "boss"}, `"boss" is none of all, query`},
		{"not an address", "", nil, map[string]string{"data": "/d", "http": "8080"}, "not HOST:PORT"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := load(t, c.file, c.env, c.flags)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
}

func TestOpenWithTLSAndToken(t *testing.T) {
	if _, err := load(t, "", nil, map[string]string{"data": "/d", "http": "0.0.0.0:8443", "tls-cert": "c", "tls-key": "k", "token-file": "t"}); err != nil {
		t.Error(err)
	}
}

func TestLoopback(t *testing.T) {
	for address, want := range map[string]bool{
		"127.0.0.1:1": true, "127.9.9.9:1": true, "[::1]:1": true, "localhost:1": true, "[::ffff:127.0.0.1]:1": true,
		":1": false, "0.0.0.0:1": false, "[::]:1": false, "10.0.0.1:1": false, "example.org:1": false, "127.0.0.1": false,
	} {
		if got := config.Loopback(address); got != want {
			t.Errorf("Loopback(%q) = %v", address, got)
		}
	}
}

func TestSecretsAreMasked(t *testing.T) {
	got := config.MaskURL("s3://key:hunter2@bucket/p?endpoint=http://127.0.0.1:9000&region=r&secret_key=hunter2")
	if strings.Contains(got, "hunter2") || !strings.Contains(got, "region=r") {
		t.Errorf("masked: %s", got)
	}
}

func FuzzFile(f *testing.F) {
	for _, s := range []string{"data = \"d\"\n", "threads = 3", "[a]\nb=1", "join = [\"a:1\", 2]", "memory = \"4GiB\"\n# x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		name := filepath.Join(t.TempDir(), "a.toml")
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := config.Load(config.Source{File: name, Lookup: func(string) (string, bool) { return "", false }})
		if err == nil && s.Data == "" {
			t.Error("accepted without a data folder")
		}
	})
}
