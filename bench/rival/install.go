package rival

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

//go:embed package.json
var manifest []byte

//go:embed package-lock.json
var lock []byte

//go:embed worker.mjs
var script []byte

// ErrNoNode says that the rivals cannot run here: Node.js or npm is missing.
var ErrNoNode = errors.New("node and npm are not here: DuckDB and ClickHouse come from the npm registry")

// modules are what node_modules must hold, by engine.
var modules = map[string]string{"duckdb": "@duckdb/node-api", "clickhouse": "chdb"}

// Locate returns the first folder in which both engines are installed in the pinned versions: the one that ASSAY_RIVALS names, the
// given ones, one in the user's cache. Without Node.js there is none.
func Locate(folders ...string) (string, bool) {
	if _, err := exec.LookPath("node"); err != nil {
		return "", false
	}
	for _, dir := range append(append([]string{os.Getenv("ASSAY_RIVALS")}, folders...), cached()) {
		if dir == "" || !installed(dir) {
			continue
		}
		if abs, err := filepath.Abs(dir); err == nil {
			return abs, true
		}
	}
	return "", false
}

// cached is where Find installs; empty where the user has no folder for such things.
func cached() string {
	cache, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(cache, "assay", "rivals")
}

// Find is Locate, and where nothing is installed npm installs into the user's cache, told by say. Without Node.js or npm it fails with
// ErrNoNode.
func Find(ctx context.Context, say func(string), folders ...string) (string, error) {
	if dir, ok := Locate(folders...); ok {
		return dir, nil
	}
	if _, err := exec.LookPath("node"); err != nil {
		return "", ErrNoNode
	}
	dir := cached()
	if dir == "" {
		return "", errors.New("there is no folder to install the rivals into: name one that has them in ASSAY_RIVALS")
	}
	say("installing DuckDB and ClickHouse from npm into " + dir + " (about 615 MB)")
	return dir, install(ctx, dir)
}

// installed reports whether a folder holds the pinned versions.
func installed(dir string) bool {
	var want struct{ Dependencies map[string]string }
	if json.Unmarshal(manifest, &want) != nil {
		return false
	}
	for _, name := range modules {
		text, err := os.ReadFile(filepath.Join(dir, "node_modules", filepath.FromSlash(name), "package.json"))
		var has struct{ Version string }
		if err != nil || json.Unmarshal(text, &has) != nil || has.Version != want.Dependencies[name] {
			return false
		}
	}
	return true
}

func install(ctx context.Context, dir string) error {
	npm, err := exec.LookPath("npm")
	if err != nil {
		return ErrNoNode
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("create folder of the rivals: %w", err)
	}
	for name, text := range map[string][]byte{"package.json": manifest, "package-lock.json": lock} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
			return fmt.Errorf("write %s: %w", name, err)
		}
	}
	// Not npm ci, which asks the lock file for the packages of all platforms: package.json pins exact versions, and they are checked below.
	cmd := exec.CommandContext(ctx, npm, "install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("npm install in %s: %w: %s", dir, err, out)
	}
	if !installed(dir) {
		return fmt.Errorf("npm install in %s left another version than package.json names", dir)
	}
	return nil
}
