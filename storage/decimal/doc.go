// Package decimal holds Int128, the 128-bit signed integer behind DECIMAL values wider than 18 digits and behind exact sums,
// and the text form of scaled integers.
//
// A DECIMAL(p,s) value v is the integer v*10^s: an int64 when p <= 18, an Int128 up to p = 38. Every operation that can leave
// 128 bits reports it; nothing wraps.
package decimal
