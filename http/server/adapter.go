package server

import (
	"net/http"
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
		e.Add(rt.method, echoPath(rt.path), func(c echo.Context) error {
			r := c.Request()
			for _, name := range c.ParamNames() {
				r.SetPathValue(name, c.Param(name))
			}
			h.ServeHTTP(c.Response(), r)
			return nil
		})
	}
	return e
}

// echoPath turns /v1/tables/{t} into /v1/tables/:t.
func echoPath(path string) string {
	return strings.NewReplacer("{", ":", "}", "").Replace(path)
}

func unmatched(err error, r *http.Request) error {
	if he, ok := err.(*echo.HTTPError); ok { //nolint:errorlint // echo returns its own sentinel unwrapped
		switch he.Code {
		case http.StatusNotFound:
			return errs.New(errs.NotFound, "no-route", "there is nothing at %q", r.URL.Path).WithHint("see /v1/openapi.json for what there is")
		case http.StatusMethodNotAllowed:
			return methodError{r.Method, r.URL.Path}
		}
	}
	return err
}

// methodError has a status that no errs kind maps to.
type methodError struct{ method, path string }

func (e methodError) Error() string { return e.path + " does not take " + e.method }
