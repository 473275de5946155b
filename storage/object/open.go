package object

import (
	"context"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/assaydb/assay/storage/errs"
)

// Open opens the store that a URL names:
//
//	file:///DIR
//	s3://BUCKET/PREFIX?endpoint=http://127.0.0.1:9000&region=us-east-1&addressing=path|virtual&checksums=supported|required
//
// Keys never stand in the URL: they come from the environment (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and the SDK's other
// sources), or from the caller through OpenS3.
func Open(ctx context.Context, location string) (Store, error) {
	u, err := url.Parse(location)
	if err != nil {
		return nil, badURL(location, "is no URL")
	}
	switch u.Scheme {
	case "file":
		dir, err := FolderPath(u)
		if err != nil {
			return nil, err
		}
		return OpenFolder(dir)
	case "s3":
		c, err := ParseS3(u)
		if err != nil {
			return nil, err
		}
		return OpenS3(ctx, c)
	}
	return nil, badURL(location, "has an unknown scheme")
}

func badURL(location, why string) error {
	if u, err := url.Parse(location); err == nil {
		location = u.Redacted()
	}
	return errs.New(errs.Invalid, "bad-object-url", "object store %q %s", location, why).
		WithHint("write file:///DIR or s3://BUCKET/PREFIX?endpoint=http://HOST:PORT&region=REGION")
}

// FolderPath returns the folder of a file URL.
func FolderPath(u *url.URL) (string, error) {
	if u.Host != "" && u.Host != "localhost" || !strings.HasPrefix(u.Path, "/") || u.RawQuery != "" || u.User != nil {
		return "", badURL(u.String(), "must have an absolute path and nothing else")
	}
	return filepath.FromSlash(u.Path), nil
}

// ParseS3 reads an s3 URL.
func ParseS3(u *url.URL) (S3Config, error) {
	c := S3Config{Bucket: u.Host, Prefix: strings.Trim(u.Path, "/")}
	if u.User != nil {
		return c, badURL(u.String(), "holds credentials; put them in the environment")
	}
	if c.Bucket == "" {
		return c, badURL(u.String(), "names no bucket")
	}
	if c.Prefix != "" {
		if err := CheckKey(c.Prefix); err != nil {
			return c, err
		}
	}
	q, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return c, badURL(u.String(), "has a query that cannot be read")
	}
	for name, values := range q {
		if err := c.set(u, name, values[0]); err != nil {
			return c, err
		}
	}
	return c, nil
}

// set takes one query parameter; an unknown one is a mistake, not a wish to ignore.
func (c *S3Config) set(u *url.URL, name, value string) error {
	switch name {
	case "endpoint":
		e, err := url.Parse(value)
		if err != nil || e.Host == "" || e.Scheme != "http" && e.Scheme != "https" || e.User != nil {
			return badURL(u.String(), "has an endpoint that is not http(s)://HOST[:PORT]")
		}
		c.Endpoint = value
	case "region":
		c.Region = value
	case "addressing":
		if value != "path" && value != "virtual" {
			return badURL(u.String(), "has an addressing other than path or virtual")
		}
		c.VirtualHost = value == "virtual"
	case "checksums":
		if value != "supported" && value != "required" {
			return badURL(u.String(), "has checksums other than supported or required")
		}
		c.ChecksumsRequired = value == "required"
	default:
		return badURL(u.String(), "has an unknown parameter "+name)
	}
	return nil
}
