package object

import (
	"context"
	"errors"

	"github.com/assaydb/assay/storage/errs"
	"github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
)

// failed classifies an error of the S3 client. Whatever is not known for sure may work later: Unavailable.
func (s *S3) failed(doing, key string, err error) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	kind, code := s3Kind(err)
	switch kind {
	case errs.NotFound:
		if s3Code(err) != "NoSuchBucket" {
			return notFound(s, key)
		}
	case errs.Conflict:
		return exists(s, key)
	}
	return errs.New(kind, code, "%s object %q in %s: %w", doing, key, s, err)
}

func s3Kind(err error) (errs.Kind, string) {
	switch s3Code(err) {
	case "NoSuchKey", "NotFound", "NoSuchBucket":
		return errs.NotFound, "object-not-found"
	case "PreconditionFailed":
		return errs.Conflict, "object-exists"
	case "AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "Forbidden":
		return errs.Denied, "object-denied"
	}
	switch statusOf(err) {
	case 404:
		return errs.NotFound, "object-not-found"
	case 412:
		return errs.Conflict, "object-exists"
	case 401, 403:
		return errs.Denied, "object-denied"
	case 400, 416:
		return errs.Invalid, "object-refused"
	case 507:
		return errs.DiskFull, "object-store-full"
	}
	return errs.Unavailable, "object-store"
}

func s3Code(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

func statusOf(err error) int {
	var r *http.ResponseError
	if errors.As(err, &r) {
		return r.HTTPStatusCode()
	}
	return 0
}
