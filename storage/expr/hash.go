package expr

import (
	"crypto/md5"  //nolint:gosec // MD5() is a function of SQL, no defence
	"crypto/sha1" //nolint:gosec // SHA1() is a function of SQL, no defence
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"hash/crc32"

	"github.com/assaydb/assay/storage/schema"
)

func hashFunctions() []*function {
	digest := func(name, doc string, f func([]byte) []byte, aliases ...string) *function {
		return &function{
			Function: Function{name, "hash", []string{upperSignature(name, "text")}, doc, NullStrict, Immutable}, aliases: aliases, min: 1, max: 1,
			bind: fixed(schema.TypeVarchar, "t"), row: plain(func(r *row) error {
				r.extend(func(dst []byte) []byte { return hex.AppendEncode(dst, f(r.text(0))) })
				return nil
			}),
		}
	}
	return []*function{
		digest("md5", "The MD5 digest in hexadecimal.", func(s []byte) []byte { d := md5.Sum(s); return d[:] }),            //nolint:gosec // see above
		digest("sha1", "The SHA-1 digest in hexadecimal.", func(s []byte) []byte { d := sha1.Sum(s); return d[:] }, "sha"), //nolint:gosec // see above
		{
			Function: Function{"sha2", "hash", []string{"SHA2(text, bits)"}, "The SHA-2 digest of 224, 256 (also 0), 384 or 512 bits in hexadecimal; NULL for others.", NullStrict, Immutable}, min: 2, max: 2,
			bind: fixed(schema.TypeVarchar, "ti"), row: plain(sha2Row),
		},
		{
			Function: Function{"crc32", "hash", []string{"CRC32(text)"}, "The CRC-32 (IEEE) checksum.", NullStrict, Immutable}, min: 1, max: 1, bind: fixed(schema.TypeUint64, "t"),
			row: plain(func(r *row) error { r.setI(int64(crc32.ChecksumIEEE(r.text(0)))); return nil }),
		},
	}
}

func sha2Row(r *row) error {
	var sum []byte
	switch s := r.text(0); r.i64(1) {
	case 224:
		d := sha256.Sum224(s)
		sum = d[:]
	case 0, 256:
		d := sha256.Sum256(s)
		sum = d[:]
	case 384:
		d := sha512.Sum384(s)
		sum = d[:]
	case 512:
		d := sha512.Sum512(s)
		sum = d[:]
	default:
		return nil
	}
	r.extend(func(dst []byte) []byte { return hex.AppendEncode(dst, sum) })
	return nil
}

// base64Line is where MySQL breaks the lines of TO_BASE64.
const base64Line = 76

func toBase64Row(r *row) error {
	r.set = true
	enc := base64.StdEncoding.EncodeToString(r.text(0))
	for len(enc) > base64Line {
		r.setText(enc[:base64Line])
		r.add('\n')
		enc = enc[base64Line:]
	}
	r.setText(enc)
	return nil
}

func fromBase64Row(r *row) error {
	clean := make([]byte, 0, len(r.text(0)))
	for _, c := range r.text(0) {
		if c != ' ' && c != '\n' && c != '\r' && c != '\t' {
			clean = append(clean, c)
		}
	}
	if out, err := base64.StdEncoding.AppendDecode(nil, clean); err == nil {
		r.setBytes(out)
	}
	return nil
}
