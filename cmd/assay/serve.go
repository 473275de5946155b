package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"

	"github.com/assaydb/assay/http/auth"
	"github.com/assaydb/assay/http/server"
	"github.com/assaydb/assay/node"
	"github.com/assaydb/assay/node/config"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

func (a *app) serveCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "serve --data DIR", Short: "Run a node", Args: cobra.NoArgs,
		Long: "Run a node on a data folder. Every flag is also a variable (--node-id: ASSAY_NODE_ID) and a key of the file that --config names\n" +
			"(node_id = \"n1\"). A flag wins over the environment, which wins over the file.",
		Example: "  assay serve --data ./assay-data\n  assay serve --config /etc/assay.toml",
	}
	file := cmd.Flags().String("config", "", "TOML file of settings")
	for _, f := range config.Flags() {
		cmd.Flags().String(f.Name, f.Default, f.Usage)
	}
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		settings, err := a.settings(cmd, *file)
		if err != nil {
			return usageError{err}
		}
		return a.serve(cmd.Context(), settings, func(address string) { fmt.Fprintf(a.err, "assay: listening on %s\n", address) })
	}
	return cmd
}

// settings merges the flags that were given with the environment and the file.
func (a *app) settings(cmd *cobra.Command, file string) (*config.Settings, error) {
	src := config.Source{File: file, Flags: map[string]string{}, Lookup: a.lookup}
	if src.File == "" {
		src.File = a.env("ASSAY_CONFIG")
	}
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if f.Name != "config" {
			src.Flags[f.Name] = f.Value.String()
		}
	})
	return config.Load(src)
}

// serve is the life of a node: open, start, wait, close in reverse. ready is told the address once requests are answered.
func (a *app) serve(ctx context.Context, settings *config.Settings, ready func(address string)) (err error) {
	log := a.logger(settings)

	// The listener comes first: a port that is taken is found out before a log is replayed.
	listener, err := net.Listen("tcp", settings.HTTP)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	defer listener.Close()

	n, err := node.Open(ctx, settings, log)
	if err != nil {
		return err
	}
	// The node closes last, when no request can reach it any more.
	defer func() { err = errors.Join(err, n.Close()) }()

	srv, tlsConfig, err := a.newServer(n, settings, log)
	if err != nil {
		return err
	}
	failed := make(chan error, 2)
	go func() { failed <- srv.Serve(listener, tlsConfig) }()
	if settings.Admin != "" {
		admin, err := net.Listen("tcp", settings.Admin)
		if err != nil {
			return errors.Join(fmt.Errorf("listen for the admin: %w", err), srv.Shutdown(ctx))
		}
		adminCtx, stop := context.WithCancel(context.Background())
		defer stop()
		go func() { failed <- srv.ServeAdmin(adminCtx, admin) }()
	}
	scheme := "http://"
	if tlsConfig != nil {
		scheme = "https://"
	}
	ready(scheme + listener.Addr().String())

	select {
	case err = <-failed:
	case <-ctx.Done():
		log.Info("stopping", "drain", settings.DrainTimeout)
	}
	// What runs may finish within the limit; the context that ended is no measure for it.
	drain, stop := context.WithTimeout(context.Background(), settings.DrainTimeout)
	defer stop()
	return errors.Join(err, srv.Shutdown(drain))
}

func (a *app) logger(s *config.Settings) *slog.Logger {
	var level slog.Level
	level.UnmarshalText([]byte(s.LogLevel)) //nolint:errcheck // the settings allow only levels
	opts := &slog.HandlerOptions{Level: level}
	if s.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(a.err, opts))
	}
	return slog.New(slog.NewTextHandler(a.err, opts))
}

// newServer introduces the node's parts to the HTTP server.
func (a *app) newServer(n *node.Node, s *config.Settings, log *slog.Logger) (*server.Server, *tls.Config, error) {
	parts := server.Parts{Engine: n.Engine(), Loader: n.Loader(), Catalog: n.Catalog(), Keeper: n, Jobs: n.Jobs(), Uploads: n.Uploads(), Inboxes: n.Inboxes(), Logger: log.With("part", "http")}
	if s.TokenFile != "" {
		tokens, err := auth.ReadFile(s.TokenFile)
		if err != nil {
			return nil, nil, err
		}
		parts.Tokens = tokens
	}
	tlsConfig, err := tlsOf(s)
	if err != nil {
		return nil, nil, err
	}
	srv, err := server.New(server.Config{
		Version: version, Dir: n.ResultDir(), Settings: s.Items(), MaxLoads: s.MaxLoads, MaxUpload: s.MaxUpload,
	}, parts)
	return srv, tlsConfig, err
}

// tlsOf is nil without a certificate.
func tlsOf(s *config.Settings) (*tls.Config, error) {
	if s.TLSCert == "" {
		return nil, nil
	}
	pair, err := tls.LoadX509KeyPair(s.TLSCert, s.TLSKey)
	if err != nil {
		return nil, fmt.Errorf("load the TLS certificate: %w", err)
	}
	c := &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
	if s.TLSCA == "" {
		return c, nil
	}
	raw, err := os.ReadFile(s.TLSCA)
	if err != nil {
		return nil, fmt.Errorf("read the TLS authorities: %w", err)
	}
	c.ClientCAs, c.ClientAuth = x509.NewCertPool(), tls.RequireAndVerifyClientCert
	if !c.ClientCAs.AppendCertsFromPEM(raw) {
		return nil, fmt.Errorf("%s holds no certificate in PEM", s.TLSCA)
	}
	return c, nil
}
