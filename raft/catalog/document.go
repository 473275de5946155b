package catalog

import (
	"cmp"
	"encoding/binary"
	"strings"

	"github.com/assaydb/assay/storage/errs"
)

// Document is a small text that belongs to a table and means nothing to the catalog: a mapping template, say. Its kind and name
// find it. Documents have no history: a view of an earlier index shows those of now.
type Document struct {
	Kind  string // "mapping"
	Table uint32
	Name  string // "H0042"; may be empty
	Body  string // at most MaxDocumentBytes
}

// MaxDocumentBytes bounds the body of a document.
const MaxDocumentBytes = 1 << 20

type documentKey struct {
	table      uint32
	kind, name string
}

func (a documentKey) compare(b documentKey) int {
	if c := cmp.Compare(a.table, b.table); c != 0 {
		return c
	}
	if c := strings.Compare(a.kind, b.kind); c != 0 {
		return c
	}
	return strings.Compare(a.name, b.name)
}

func (d *Document) key() documentKey { return documentKey{d.Table, d.Kind, d.Name} }

func appendDocument(b []byte, d *Document) []byte {
	b = appendString(b, d.Kind)
	b = binary.AppendUvarint(b, uint64(d.Table))
	return appendString(appendString(b, d.Name), d.Body)
}

func (r *reader) document() Document {
	return Document{Kind: strings.Clone(r.string()), Table: r.uint32(), Name: strings.Clone(r.string()), Body: strings.Clone(r.string())}
}

func hashDocument(d *Document) []byte { return appendDocument([]byte{byte(frameDocuments)}, d) }

func (s *state) putDocument(d Document) {
	s.dropDocument(d.key())
	s.documents.set(d.key(), d.Body)
	s.sum.add(hashDocument(&d))
}

func (s *state) dropDocument(k documentKey) {
	if body, ok := s.documents.get(k); ok {
		s.sum.sub(hashDocument(&Document{Kind: k.kind, Table: k.table, Name: k.name, Body: body}))
		s.documents.delete(k)
	}
}

// dropDocuments forgets what belongs to a table that is dropped: the next of its name has another id.
func (s *state) dropDocuments(table uint32) {
	var keys []documentKey
	s.documents.ascend(documentKey{table: table}, func(k documentKey, _ string) bool {
		if k.table == table {
			keys = append(keys, k)
		}
		return k.table == table
	})
	for _, k := range keys {
		s.dropDocument(k)
	}
}

func (s *state) applyPutDocument(c *PutDocument) error {
	d := &c.Document
	switch {
	case d.Kind == "" || len(d.Kind) > 64 || len(d.Name) > 1024:
		return errs.New(errs.Invalid, "bad-document", "a document needs a kind of at most 64 bytes and a name of at most 1024")
	case len(d.Body) > MaxDocumentBytes:
		return errs.New(errs.TooLarge, "document-too-large", "the %s %q is %d bytes long, at most %d are allowed", d.Kind, d.Name, len(d.Body), MaxDocumentBytes)
	case !s.inForce(d.Table):
		return errs.New(errs.NotFound, "unknown-table", "there is no table %d for the %s %q", d.Table, d.Kind, d.Name)
	}
	old, exists := s.documents.get(d.key())
	if d.Body == "" && !exists {
		return errs.New(errs.NotFound, "unknown-"+d.Kind, "there is no %s %q", d.Kind, d.Name)
	}
	if exists && old == d.Body {
		return nil
	}
	s.begin(c.At)
	if d.Body == "" {
		s.dropDocument(d.key())
	} else {
		s.putDocument(*d)
	}
	return nil
}

// Document returns the document of a kind, table and name.
func (s *Snapshot) Document(kind string, table uint32, name string) (Document, bool) {
	body, ok := s.state.documents.get(documentKey{table, kind, name})
	return Document{Kind: kind, Table: table, Name: name, Body: body}, ok
}

// Documents returns the documents of a kind that a table has, by name.
func (s *Snapshot) Documents(kind string, table uint32) (all []Document) {
	s.state.documents.ascend(documentKey{table: table, kind: kind}, func(k documentKey, body string) bool {
		if k.table != table || k.kind != kind {
			return false
		}
		all = append(all, Document{Kind: kind, Table: table, Name: k.name, Body: body})
		return true
	})
	return all
}
