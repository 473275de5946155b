package object

import (
	"context"
	"io"
	"net/url"
	"strconv"
	"strings"

	"github.com/assaydb/assay/storage/errs"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/s3/transfermanager"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// S3 is a store in a bucket of anything that speaks S3, below a prefix.
type S3 struct {
	client   *s3.Client
	transfer *transfermanager.Client
	bucket   string
	prefix   string // with a slash at the end, or empty
	idle     idleLimit
}

var _ Store = (*S3)(nil)

// Sizes of multipart uploads: bodies up to the threshold go in one request.
const (
	partBytes          = 16 << 20
	multipartThreshold = 64 << 20
)

// String implements Store.
func (s *S3) String() string {
	return strings.TrimSuffix("s3://"+s.bucket+"/"+s.prefix, "/")
}

// Ping makes sure that the bucket is there and may be read.
func (s *S3) Ping(ctx context.Context) error {
	_, err := s.client.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: &s.bucket})
	return s.failed("reach", s.prefix, err)
}

func (s *S3) key(ctx context.Context, key string) (*string, error) {
	if err := begin(ctx, key); err != nil {
		return nil, err
	}
	return aws.String(s.prefix + key), nil
}

// Put implements Store. Bodies above the threshold go in parts, so that a failing part is repeated, not the whole.
func (s *S3) Put(ctx context.Context, key string, body io.ReadSeeker) error {
	size, err := body.Seek(0, io.SeekEnd)
	if err == nil {
		_, err = body.Seek(0, io.SeekStart)
	}
	if err != nil {
		return err
	}
	if size > multipartThreshold {
		return s.Upload(ctx, key, body)
	}
	return s.put(ctx, key, body, size, nil)
}

// PutIfAbsent implements Store: always one request, since some servers ignore the condition on multipart uploads.
func (s *S3) PutIfAbsent(ctx context.Context, key string, body io.ReadSeeker) error {
	size, err := body.Seek(0, io.SeekEnd)
	if err == nil {
		_, err = body.Seek(0, io.SeekStart)
	}
	if err != nil {
		return err
	}
	return s.put(ctx, key, body, size, aws.String("*"))
}

func (s *S3) put(ctx context.Context, key string, body io.ReadSeeker, size int64, ifNoneMatch *string) error {
	k, err := s.key(ctx, key)
	if err != nil {
		return err
	}
	_, err = s.client.PutObject(ctx, &s3.PutObjectInput{
		Bucket: &s.bucket, Key: k, Body: body, ContentLength: &size, IfNoneMatch: ifNoneMatch,
	})
	return s.failed("write", key, err)
}

// Upload implements Store.
func (s *S3) Upload(ctx context.Context, key string, body io.Reader) error {
	k, err := s.key(ctx, key)
	if err != nil {
		return err
	}
	_, err = s.transfer.UploadObject(ctx, &transfermanager.UploadObjectInput{Bucket: &s.bucket, Key: k, Body: body})
	return s.failed("write", key, err)
}

// Get implements Store.
func (s *S3) Get(ctx context.Context, key string) (io.ReadCloser, error) {
	return s.get(ctx, key, nil)
}

// GetRange implements Store.
func (s *S3) GetRange(ctx context.Context, key string, off, n int64) (io.ReadCloser, error) {
	if off < 0 || n < 0 {
		return nil, errs.New(errs.Invalid, "bad-range", "object %q: a range cannot be negative", key)
	}
	if n == 0 {
		_, err := s.Head(ctx, key)
		return io.NopCloser(strings.NewReader("")), err
	}
	span := "bytes=" + strconv.FormatInt(off, 10) + "-" + strconv.FormatInt(off+n-1, 10)
	body, err := s.get(ctx, key, &span)
	if statusOf(err) != 416 {
		return body, err
	}
	info, err := s.Head(ctx, key) // S3 refuses a range at the very end, which is merely empty
	if err == nil {
		_, _, err = cut(key, off, n, info.Bytes)
	}
	if err != nil {
		return nil, err
	}
	return io.NopCloser(strings.NewReader("")), nil
}

func (s *S3) get(ctx context.Context, key string, span *string) (io.ReadCloser, error) {
	k, err := s.key(ctx, key)
	if err != nil {
		return nil, err
	}
	out, err := s.client.GetObject(ctx, &s3.GetObjectInput{Bucket: &s.bucket, Key: k, Range: span})
	if err != nil {
		return nil, s.failed("read", key, err)
	}
	return &body{s: s, key: key, r: s.idle.watch(out.Body)}, nil
}

// Head implements Store.
func (s *S3) Head(ctx context.Context, key string) (Info, error) {
	k, err := s.key(ctx, key)
	if err != nil {
		return Info{}, err
	}
	out, err := s.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &s.bucket, Key: k})
	if err != nil {
		return Info{}, s.failed("look up", key, err)
	}
	return Info{key, aws.ToInt64(out.ContentLength), aws.ToTime(out.LastModified), aws.ToString(out.ETag)}, nil
}

// List implements Store.
func (s *S3) List(ctx context.Context, prefix, cursor string) (Page, error) {
	in := &s3.ListObjectsV2Input{Bucket: &s.bucket, Prefix: aws.String(s.prefix + prefix), MaxKeys: aws.Int32(pageKeys)}
	if cursor != "" {
		in.StartAfter = aws.String(s.prefix + cursor)
	}
	out, err := s.client.ListObjectsV2(ctx, in)
	if err != nil {
		return Page{}, s.failed("list", prefix, err)
	}
	var page Page
	for _, o := range out.Contents {
		key := strings.TrimPrefix(aws.ToString(o.Key), s.prefix)
		if CheckKey(key) == nil { // some tools leave "folder/" objects
			page.Items = append(page.Items, Info{key, aws.ToInt64(o.Size), aws.ToTime(o.LastModified), aws.ToString(o.ETag)})
		}
		page.Next = key
	}
	if !aws.ToBool(out.IsTruncated) {
		page.Next = ""
	}
	return page, nil
}

// Copy implements Store.
func (s *S3) Copy(ctx context.Context, from, to string) error {
	source, err := s.key(ctx, from)
	if err != nil {
		return err
	}
	target, err := s.key(ctx, to)
	if err != nil {
		return err
	}
	_, err = s.client.CopyObject(ctx, &s3.CopyObjectInput{
		Bucket: &s.bucket, Key: target, CopySource: aws.String(escapeSource(s.bucket + "/" + *source)),
	})
	return s.failed("copy", from, err)
}

// Delete implements Store.
func (s *S3) Delete(ctx context.Context, key string) error {
	k, err := s.key(ctx, key)
	if err != nil {
		return err
	}
	_, err = s.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &s.bucket, Key: k})
	if err = s.failed("delete", key, err); errs.Is(err, errs.NotFound) {
		return nil
	}
	return err
}

// escapeSource writes a copy's source for its header. Servers differ in whether they read "+" as a space there, so everything
// but slashes is escaped.
func escapeSource(path string) string {
	parts := strings.Split(path, "/")
	for i, p := range parts {
		parts[i] = strings.ReplaceAll(url.QueryEscape(p), "+", "%20")
	}
	return strings.Join(parts, "/")
}
