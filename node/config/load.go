package config

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
	"github.com/assaydb/assay/storage/errs"
)

// Flag describes one setting for a flag set.
type Flag struct{ Name, Default, Usage string }

// Flags lists every setting.
func Flags() []Flag {
	var out []Flag
	for _, f := range fields() {
		out = append(out, Flag{Name: f.name, Default: f.fallback, Usage: f.usage})
	}
	return out
}

// Variable is the name of a setting's environment variable: ASSAY_NODE_ID for node-id.
func Variable(name string) string {
	return "ASSAY_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
}

// Key is the name of a setting in the file: node_id for node-id.
func Key(name string) string { return strings.ReplaceAll(name, "-", "_") }

// Source is what Load reads. Flags holds the flags that were given; Lookup is os.LookupEnv outside tests.
type Source struct {
	File   string
	Flags  map[string]string
	Lookup func(string) (string, bool)
}

// Load merges defaults, file, environment and flags, and validates the whole.
func Load(src Source) (*Settings, error) {
	s := &Settings{origins: map[string]string{}}
	for _, f := range fields() {
		if err := s.put(f, f.fallback, "default"); err != nil {
			return nil, fmt.Errorf("BUG: default: %w", err)
		}
	}
	if err := s.readFile(src.File); err != nil {
		return nil, err
	}
	for _, f := range fields() {
		if v, ok := src.Lookup(Variable(f.name)); ok {
			if err := s.put(f, v, "environment "+Variable(f.name)); err != nil {
				return nil, err
			}
		}
		if v, ok := src.Flags[f.name]; ok {
			if err := s.put(f, v, "flag --"+f.name); err != nil {
				return nil, err
			}
		}
	}
	return s, s.Validate()
}

func (s *Settings) put(f field, value, origin string) error {
	if err := f.set(s, value); err != nil {
		return fmt.Errorf("%s: %w", origin, err)
	}
	s.origins[f.name] = origin
	return nil
}

// readFile takes a flat TOML file. An unknown key is an error: a misspelt limit must not be a missing one.
func (s *Settings) readFile(name string) error {
	if name == "" {
		return nil
	}
	raw, err := os.ReadFile(name)
	if err != nil {
		return errs.New(errs.Invalid, "bad-config", "read the settings: %w", err)
	}
	values := map[string]any{}
	if _, err := toml.Decode(string(raw), &values); err != nil {
		var at toml.ParseError
		if errors.As(err, &at) {
			return errs.New(errs.Invalid, "bad-config", "%s:%d: %s", name, at.Position.Line, at.Message)
		}
		return errs.New(errs.Invalid, "bad-config", "%s: %w", name, err)
	}
	byKey := map[string]field{}
	for _, f := range fields() {
		byKey[Key(f.name)] = f
	}
	for _, key := range slices.Sorted(maps.Keys(values)) {
		where := fmt.Sprintf("%s:%d", name, lineOf(string(raw), key))
		f, ok := byKey[key]
		if !ok {
			return errs.New(errs.Invalid, "bad-config", "%s: unknown key %q", where, key).WithHint("the keys are %s", strings.Join(slices.Sorted(maps.Keys(byKey)), ", "))
		}
		v, err := scalar(values[key])
		if err != nil {
			return errs.New(errs.Invalid, "bad-config", "%s: key %q: %w", where, key, err)
		}
		if err := s.put(f, v, where); err != nil {
			return err
		}
	}
	return nil
}

// lineOf finds the line that sets a key, or opens a table of that name; the decoder does not tell.
func lineOf(text, key string) int {
	for i, line := range strings.Split(text, "\n") {
		rest, ok := strings.CutPrefix(strings.TrimLeft(line, " \t[\"'"), key)
		if ok && strings.ContainsAny(strings.TrimLeft(rest, " \t\"'")+"\n", "=].\n") {
			return i + 1
		}
	}
	return 1
}

func scalar(v any) (string, error) {
	switch v := v.(type) {
	case string:
		return v, nil
	case int64, bool:
		return fmt.Sprint(v), nil
	case []any:
		parts := make([]string, len(v))
		for i, item := range v {
			text, ok := item.(string)
			if !ok {
				return "", errors.New("a list must hold strings")
			}
			parts[i] = text
		}
		return strings.Join(parts, ","), nil
	}
	return "", errors.New("a string, a whole number or a list of strings is expected")
}

// Item is one setting as /v1/config shows it.
type Item struct {
	Name   string `json:"name"`
	Value  string `json:"value"`
	Origin string `json:"origin"`
}

// Items lists the effective values with their origins; secrets are masked.
func (s *Settings) Items() []Item {
	var out []Item
	for _, f := range fields() {
		v := f.get(s)
		if f.secret {
			v = MaskURL(v)
		}
		out = append(out, Item{Name: f.name, Value: v, Origin: s.origins[f.name]})
	}
	return out
}
