package config

import (
	"net"
	"net/netip"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/assaydb/assay/storage/errs"
)

// Validate refuses settings that cannot work or are not safe.
func (s *Settings) Validate() error {
	if s.Data == "" {
		return errs.New(errs.Invalid, "bad-setting", "no data folder is given").WithHint("assay serve --data DIR")
	}
	for name, address := range map[string]string{"http": s.HTTP, "peer": s.Peer, "gossip": s.Gossip, "admin": s.Admin} {
		if err := checkAddress(name, address); err != nil {
			return err
		}
	}
	if err := s.checkTLS(); err != nil {
		return err
	}
	if err := checkRoots(s.AttachRoot); err != nil {
		return err
	}
	if len(s.Join) > 0 || s.Replicas > 1 || s.Role != "all" {
		return errs.New(errs.Invalid, "one-node", "join, replicas above 1 and role=query need a cluster of several nodes, which this version cannot form").
			WithHint("leave them out to run one node")
	}
	return nil
}

// checkRoots refuses roots that could not mean what they say.
func checkRoots(roots []string) error {
	for _, root := range roots {
		u, err := url.Parse(root)
		ok := err == nil && (root == "none" && len(roots) == 1 || filepath.IsAbs(root) || u.Scheme == "file" && filepath.IsAbs(u.Path) || u.Scheme == "s3" && u.Host != "")
		if !ok {
			return errs.New(errs.Invalid, "bad-setting", "attach-root: %q is neither an absolute folder nor s3://BUCKET[/PREFIX]", root).WithHint("write none to allow no place")
		}
	}
	return nil
}

func checkAddress(name, address string) error {
	if address == "" && name == "admin" {
		return nil
	}
	if _, _, err := net.SplitHostPort(address); err != nil {
		return errs.New(errs.Invalid, "bad-setting", "%s: %q is not HOST:PORT", name, address)
	}
	return nil
}

// checkTLS holds the promise that nothing listens beyond loopback without TLS and authentication.
func (s *Settings) checkTLS() error {
	if (s.TLSCert == "") != (s.TLSKey == "") {
		return errs.New(errs.Invalid, "bad-setting", "tls-cert and tls-key belong together: one of them is missing")
	}
	if s.TLSCA != "" && s.TLSCert == "" {
		return errs.New(errs.Invalid, "bad-setting", "tls-ca asks clients for certificates, which needs tls-cert and tls-key")
	}
	if !Loopback(s.HTTP) && (s.TLSCert == "" || s.TokenFile == "") {
		return errs.New(errs.Invalid, "insecure-listener", "refusing to listen on %s: an address beyond loopback needs TLS and authentication", s.HTTP).
			WithHint("give --tls-cert, --tls-key and --token-file, or listen on 127.0.0.1")
	}
	if s.Admin != "" && !Loopback(s.Admin) {
		return errs.New(errs.Invalid, "insecure-listener", "refusing to listen on %s: the admin listener serves profiles and must be on loopback", s.Admin)
	}
	return nil
}

// Loopback reports whether an address to listen on can be reached from this machine alone. An empty host means all of them.
func Loopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}

// MaskURL hides the password and every query value of a URL that could be a credential.
func MaskURL(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || u.Scheme == "" {
		return raw
	}
	if _, has := u.User.Password(); has {
		u.User = url.UserPassword(u.User.Username(), "***")
	}
	q := u.Query()
	for key := range q {
		if low := strings.ToLower(key); low != "endpoint" && low != "region" && low != "addressing" && low != "checksums" {
			q.Set(key, "***")
		}
	}
	u.RawQuery = q.Encode()
	return strings.ReplaceAll(u.String(), "%2A%2A%2A", "***")
}
