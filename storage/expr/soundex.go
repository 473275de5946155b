package expr

import (
	"unicode"
	"unicode/utf8"
)

// soundexCodes are the groups of the letters A to Z: vowels and H, W, Y have none.
const soundexCodes = "01230120022455012623010202"

// soundexRow computes MySQL's form: H, W and vowels are dropped before repetitions are, and the code is as long as the text asks
// for. A letter that is not English counts as a vowel.
func soundexRow(r *row) error {
	r.set = true
	last, length := byte(0), 0
	for s := r.text(0); len(s) > 0; {
		c, n := utf8.DecodeRune(s)
		if s = s[n:]; !unicode.IsLetter(c) {
			continue
		}
		c = unicode.ToUpper(c)
		code := byte('0')
		if c >= 'A' && c <= 'Z' {
			code = soundexCodes[c-'A']
		}
		switch {
		case length == 0:
			r.out.Data = utf8.AppendRune(r.out.Data, c)
		case code == '0' || code == last:
			continue
		default:
			r.add(code)
		}
		last = code
		length++
	}
	for ; length > 0 && length < 4; length++ {
		r.add('0')
	}
	return nil
}
