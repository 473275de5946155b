package server

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/assaydb/assay/storage/errs"
	"github.com/labstack/echo/v4"
)

// newRouter is all that this program knows of echo: it matches paths. Handlers are net/http functions.
func newRouter(routes []route, wrap func(route) http.Handler, log func(w http.ResponseWriter, r *http.Request, err error)) http.Handler {
	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	e.IPExtractor = echo.ExtractIPDirect() // forwarded headers can be forged by anyone
	e.HTTPErrorHandler = func(err error, c echo.Context) { log(c.Response(), c.Request(), unmatched(err, c.Request())) }
	for _, rt := range routes {
		h := wrap(rt)
		serve := func(c echo.Context) error {
			r := c.Request()
			for _, name := range c.ParamNames() {
				r.SetPathValue(name, pathValue(r, c.Param(name)))
			}
			h.ServeHTTP(c.Response(), r)
			return nil
		}
		e.Add(rt.method, echoPath(rt.path), serve)
		if rt.method == http.MethodGet {
			e.Add(http.MethodHead, echoPath(rt.path), serve) // net/http drops the body
		}
	}
	return e
}

// pathValue undoes the escapes of a path component. echo matches the raw path where there is one, so that an escaped slash stays
// within its component, and hands out the pieces as they were sent.
func pathValue(r *http.Request, sent string) string {
	if r.URL.RawPath == "" {
		return sent
	}
	if plain, err := url.PathUnescape(sent); err == nil {
		return plain
	}
	return sent
}

// echoPath turns /v1/tables/{t} into /v1/tables/:t.
func echoPath(path string) string {
	return strings.NewReplacer("{", ":", "}", "").Replace(path)
}

func unmatched(err error, r *http.Request) error {
	if he, ok := err.(*echo.HTTPError); ok { //nolint:errorlint // echo returns its own sentinel unwrapped
		switch he.Code {
		case http.StatusNotFound:
			e := errs.New(errs.NotFound, "no-route", "there is nothing at %q", r.URL.Path)
			if short := strings.TrimRight(r.URL.Path, "/"); short != r.URL.Path && short != "" {
				return e.WithHint("paths have no slash at the end").Suggest(short)
			}
			return e.WithHint("see /v1/openapi.json for what there is")
		case http.StatusMethodNotAllowed:
			return methodError{r.Method, r.URL.Path}
		}
	}
	return err
}

// methodError has a status that no errs kind maps to.
type methodError struct{ method, path string }

func (e methodError) Error() string { return e.path + " does not take " + e.method }
