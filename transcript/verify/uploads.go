package verify

import (
	"bytes"
	"slices"

	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/suite"
)

// upload is one that was made, until it has a place that everybody has, or can
// have none any more.
type upload struct {
	d      *conversation.DataBlock
	id     suite.Hash
	author identity.ID // whose connection it came from
	blocks [][]byte
}

// maxUploads bounds those of one conversation that are kept.
const maxUploads = 1 << 14

// upload judges an upload.
func (v *verifier) upload(c *conn, m exchange.Upload, encoded []byte) {
	s := c.subject().of(c.client)
	d, err := conversation.Parse(v.suite, m.Data)
	if err != nil {
		v.fail(UploadForm, s, "the data block: %v", err)
		return
	}
	s.Sid = in(d.Sid).Sid
	v.judge(UploadForm, len(m.Auths) == v.set.Len(), s, "%d authentication blocks for %d providers", len(m.Auths), v.set.Len())
	if d.Roster != nil {
		v.judge(UploadForm, d.Providers == v.digest, s, "the provider set is another")
	}
	id := m.ID(v.suite)
	c.uploads.add(id)
	t := v.talk(d.Sid)
	if roster, ok := v.rosterOf(t, d); ok {
		v.judge(UploadAuthor, d.AuthorIn(roster) == c.client, s, "the author is %q, and %q uploads", d.AuthorIn(roster), c.client)
		want := len(conversation.Recipients(roster, d))
		v.judge(UploadBlocks, len(m.Blocks) == want, s, "%d blocks for %d recipients", len(m.Blocks), want)
	} else {
		v.cannot(UploadAuthor, s, "an upload names a roster that is not current")
	}
	up := t.keep(v, &upload{d, id, c.client, m.Blocks})
	v.secrets.sawUpload(encoded, up)
}

// rosterOf is the roster before a data block: nil for a SETUP. ok is false if it
// is not known (any more), or the author's position is not in it.
func (v *verifier) rosterOf(t *talk, d *conversation.DataBlock) (*conversation.Roster, bool) {
	if d.Type == conversation.SETUP {
		return nil, true
	}
	r := t.rosters[d.RosterDigest]
	return r, r != nil && int(d.Author) < r.Len()
}

// keep remembers an upload, unless it is one that is known.
func (t *talk) keep(v *verifier, u *upload) *upload {
	h := u.d.Hash()
	for _, o := range t.uploads[h] {
		if o.id == u.id {
			return o
		}
	}
	if t.waiting >= maxUploads {
		v.cannot(Uploaded, in(t.sid), "too many uploads wait in one conversation: they were forgotten")
		clear(t.uploads)
		t.waiting, t.forgot = 0, true
	}
	t.uploads[h] = append(t.uploads[h], u)
	t.waiting++
	return u
}

// forget drops uploads that can have no place after a version that everybody has.
func (t *talk) forget(x *version) {
	for h, list := range t.uploads {
		if passed(list[0].d, list[0].author, x) {
			t.waiting -= len(list)
			delete(t.uploads, h)
		}
	}
}

// passed says whether a data block's place is behind a version: it is of an epoch
// before, or its author's seq is used.
func passed(d *conversation.DataBlock, author identity.ID, x *version) bool {
	switch {
	case d.Type == conversation.SETUP:
		return true
	case x.d.Roster != nil:
		return d.Epoch < x.d.NewEpoch()
	}
	return d.Epoch == x.d.Epoch && author == x.author && d.Seq <= x.d.Seq
}

// match finds the upload that a delivered block belongs to. Data blocks are all
// but unique, but nothing keeps an author from giving one two sets of blocks.
func match(list []*upload, pos int, block []byte) *upload {
	for _, u := range list {
		if pos < len(u.blocks) && bytes.Equal(u.blocks[pos], block) {
			return u
		}
	}
	return nil
}

// refused judges a refusal.
func (v *verifier) refused(c *conn, m exchange.Refused) {
	s := in(m.Sid).on(c.number).by(c.server).of(c.client)
	switch known := slices.Contains(c.uploads.list, m.Upload); {
	case known || !c.uploads.gone:
		v.needs(UploadRefused, known, s, "it names an upload that was not made on this connection")
	default:
		v.cannot(UploadRefused, s, "the upload was too long ago")
	}
	v.judge(UploadRefused, v.set.Index(m.From) >= 0, s, "%q refuses, which is not of the provider set", m.From)
}
