package objecttest

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/assaydb/assay/storage/object"
)

// The keys of the server that Server starts.
const (
	AccessKey = "assay"
	SecretKey = "assay-secret"
)

// Server starts versitygw, a real S3 server, over a folder and returns its endpoint and a bucket in it. Without the program
// the test is skipped: `make tools` puts it into .tools/bin, or ASSAY_VERSITYGW names it.
func Server(t *testing.T) (endpoint, bucket string) {
	t.Helper()
	g := NewGateway(t)
	return g.Endpoint, g.Bucket
}

// Gateway is a running S3 server that can be stopped and started again over the same folder.
type Gateway struct {
	Endpoint, Bucket string
	Dir              string // the bucket's folder: each object is a file in it
	program, data    string
	iam, address     string
	cmd              *exec.Cmd
}

// NewGateway starts one, as Server does.
func NewGateway(t *testing.T) *Gateway {
	t.Helper()
	g := &Gateway{program: find(), Bucket: "assay"}
	if g.program == "" {
		t.Skip("no versitygw: go install github.com/versity/versitygw/cmd/versitygw@v1.8.0 into .tools/bin, or set ASSAY_VERSITYGW")
	}
	dir := t.TempDir()
	g.data, g.iam, g.address = filepath.Join(dir, "data"), filepath.Join(dir, "iam"), freeAddress(t)
	g.Dir, g.Endpoint = filepath.Join(g.data, g.Bucket), "http://"+g.address
	for _, d := range []string{g.Dir, g.iam} {
		must(t, os.MkdirAll(d, 0o755))
	}
	t.Cleanup(g.Stop)
	g.Start(t)
	return g
}

// Start starts the server again.
func (g *Gateway) Start(t *testing.T) {
	t.Helper()
	g.cmd = exec.Command(g.program, "--quiet", "--port", g.address, "--iam-dir", g.iam, "posix", g.data)
	g.cmd.Env = append(os.Environ(), "ROOT_ACCESS_KEY="+AccessKey, "ROOT_SECRET_KEY="+SecretKey)
	must(t, g.cmd.Start())
	await(t, g.Endpoint)
}

// Stop kills the server; the objects stay.
func (g *Gateway) Stop() {
	if g.cmd != nil {
		g.cmd.Process.Kill()
		g.cmd.Wait()
		g.cmd = nil
	}
}

// ServerStore opens a store in the server's bucket.
func ServerStore(t *testing.T, endpoint, bucket, prefix string) object.Store {
	t.Helper()
	s, err := object.OpenS3(t.Context(), object.S3Config{
		Bucket: bucket, Prefix: prefix, Endpoint: endpoint, AccessKey: AccessKey, SecretKey: SecretKey,
	})
	must(t, err)
	return s
}

// find looks where the program may be: named outright, in a tools folder above, on the path.
func find() string {
	if p := os.Getenv("ASSAY_VERSITYGW"); p != "" {
		return p
	}
	dir, _ := os.Getwd()
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		p := filepath.Join(dir, ".tools", "bin", "versitygw")
		if _, err := os.Stat(p); err == nil {
			return p
		}
	}
	p, _ := exec.LookPath("versitygw")
	return p
}

func freeAddress(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer l.Close()
	return l.Addr().String()
}

func await(t *testing.T, endpoint string) {
	for range 200 {
		resp, err := http.Get(endpoint)
		if err == nil {
			resp.Body.Close()
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatal(fmt.Errorf("the S3 server at %s does not answer", endpoint))
}
