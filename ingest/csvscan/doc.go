// Package csvscan cuts CSV bytes into records and fields: no types, no charset, no meaning.
//
// A Scanner fills Chunks. A Chunk owns its bytes and holds whole records; fields are offsets into them, so nothing is allocated
// per record and a chunk can be handed to another goroutine while the scanner fills the next. A Scanner belongs to one goroutine.
//
// The rules (RFC 4180 where it speaks):
//   - LF, CRLF and a lone CR each end a record outside quotes. A line of no bytes is blank: counted, not a record.
//   - A field is quoted when its first byte is the quote. Inside, a doubled quote (or an escaped one) is a quote, and everything
//     else is data. After the closing quote only a delimiter or a line end may follow; anything else is FaultStrayQuote, and the
//     rejected span runs to the end of the line on which the stray byte stands.
//   - A quote elsewhere in an unquoted field is data.
//   - A quoted field that never closes, or not within the record limit, is FaultUnclosedQuote: the record's first line alone is
//     rejected and scanning goes on behind it, so that a broken quote never swallows more than itself.
//   - A line longer than the record limit is FaultTooLong; its beginning is kept and the rest of the line skipped.
//
// Every input byte belongs to exactly one record span (line end included) or blank line, however the input is cut into reads.
package csvscan
