package object

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/assaydb/assay/storage/errs"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/feature/s3/transfermanager"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/logging"
)

// S3Config says where a bucket is. Bucket is required. Without keys the SDK's usual sources are asked: environment
// (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY), shared files, web identity, instance role.
type S3Config struct {
	Bucket, Prefix       string
	Endpoint             string // http(s)://host[:port]; empty is Amazon's
	Region               string // default us-east-1, which most other servers take
	VirtualHost          bool   // address the bucket in the host name; default is the path when Endpoint is set
	AccessKey, SecretKey string
	ChecksumsRequired    bool // send checksums only where the protocol demands: for servers that do not know the newer ones
	Attempts             int  // of each request, with exponential backoff and jitter; default 8
	MaxBackoff           time.Duration
	IdleTimeout          time.Duration     // longest silence of the server; default 30 s
	Transport            http.RoundTripper // for tests and special networks; nil is a fresh one
}

// OpenS3 prepares a store in a bucket. Nothing is sent yet; Ping tries it.
func OpenS3(ctx context.Context, c S3Config) (*S3, error) {
	if c.Bucket == "" {
		return nil, errs.New(errs.Invalid, "bad-object-url", "an S3 store needs a bucket").WithHint("write s3://BUCKET/PREFIX")
	}
	c = c.withDefaults()
	base, err := config.LoadDefaultConfig(ctx, c.options()...)
	if err != nil {
		return nil, errs.New(errs.Invalid, "bad-object-store", "S3 configuration: %w", err)
	}
	client := s3.NewFromConfig(base, c.apply)
	transfer := transfermanager.New(client, func(o *transfermanager.Options) {
		o.PartSizeBytes, o.MultipartUploadThreshold, o.Concurrency, o.FailTimeout = partBytes, partBytes, 2, c.IdleTimeout
		o.RequestChecksumCalculation = c.checksums()
	})
	return &S3{client: client, transfer: transfer, bucket: c.Bucket, prefix: c.Prefix, idle: idleLimit(c.IdleTimeout)}, nil
}

func (c S3Config) withDefaults() S3Config {
	if c.Region == "" {
		c.Region = "us-east-1"
	}
	if c.Attempts == 0 {
		c.Attempts = 8
	}
	if c.MaxBackoff == 0 {
		c.MaxBackoff = 10 * time.Second
	}
	if c.IdleTimeout == 0 {
		c.IdleTimeout = 30 * time.Second
	}
	if c.Prefix = strings.Trim(c.Prefix, "/"); c.Prefix != "" {
		c.Prefix += "/"
	}
	return c
}

// newClient bounds every phase but the transfer itself, which the idle limit watches. It is the SDK's own kind of client, so
// that AWS_CA_BUNDLE works.
func newClient(idle time.Duration) *awshttp.BuildableClient {
	return awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) {
		t.MaxIdleConnsPerHost = 16
		t.ResponseHeaderTimeout = idle
		t.TLSHandshakeTimeout = 10 * time.Second
	})
}

func (c S3Config) options() []func(*config.LoadOptions) error {
	opts := []func(*config.LoadOptions) error{
		config.WithLogger(logging.Nop{}), // it would write to standard error
		config.WithRegion(c.Region),
		config.WithHTTPClient(newClient(c.IdleTimeout)),
		config.WithRetryer(c.retryer),
	}
	if c.AccessKey != "" {
		opts = append(opts, config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider(c.AccessKey, c.SecretKey, "")))
	}
	return opts
}

// retryer repeats what may work later. The SDK's own rate limiter is off: it gives up for good when a server refuses many
// requests for a while, and the mirror would rather be slow.
func (c S3Config) retryer() aws.Retryer {
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts = c.Attempts
		o.MaxBackoff = c.MaxBackoff
		o.RateLimiter = ratelimit.None
	})
}

func (c S3Config) apply(o *s3.Options) {
	if c.Endpoint != "" {
		o.BaseEndpoint = aws.String(c.Endpoint)
		o.UsePathStyle = !c.VirtualHost
	}
	if c.Transport != nil {
		o.HTTPClient = &http.Client{Transport: c.Transport}
	}
	o.RequestChecksumCalculation = c.checksums()
	if c.ChecksumsRequired {
		o.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenRequired
	}
	o.DisableLogOutputChecksumValidationSkipped = true
}

func (c S3Config) checksums() aws.RequestChecksumCalculation {
	if c.ChecksumsRequired {
		return aws.RequestChecksumCalculationWhenRequired
	}
	return aws.RequestChecksumCalculationWhenSupported
}
