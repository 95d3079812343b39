package transcript

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
)

// tally is what both forms have in common: it encodes a transcript in the binary
// form, hashes that, and counts. So the end of a transcript is the same in both.
type tally struct {
	sum   hash.Hash
	count uint64
	timed bool
	buf   []byte // the binary form of what was added last; used again
}

// begin adds the header.
func begin(h Header) (*tally, error) {
	if err := h.check(); err != nil {
		return nil, err
	}
	t := &tally{sum: sha256.New(), timed: h.Timed, buf: appendHeader([]byte(magic), h)}
	_, _ = t.sum.Write(t.buf)
	return t, nil
}

// add adds a record. One that is refused changes nothing.
func (t *tally) add(r Record) error {
	b, err := appendRecord(t.buf[:0], r, t.timed)
	if err != nil {
		return err
	}
	t.buf = b
	_, _ = t.sum.Write(b)
	t.count++
	return nil
}

// end is the digest of all that was added.
func (t *tally) end() (d [sha256.Size]byte) {
	t.sum.Sum(d[:0])
	return d
}

// place is where a sink or a source is, for errors.
type place struct {
	form   string
	offset int64  // of the record under way
	record uint64 // its number; 0: the header
	err    error  // the first failure, which is final
}

// fail blames the transcript.
func (p *place) fail(what string, cause error) error {
	p.err = &Error{p.form, p.offset, p.record, what, cause}
	return p.err
}

// broken says that what is underneath failed. A transcript that stops is at fault
// itself: io.EOF is never passed on, it would say that all is well.
func (p *place) broken(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return p.fail("it is cut off", io.ErrUnexpectedEOF)
	}
	p.err = fmt.Errorf("transcript (%s): record %d at byte %d: %w", p.form, p.record, p.offset, err)
	return p.err
}

// refuse is what a sink says of a record that it does not take. It is not final.
func (p *place) refuse(err error) error {
	return &Error{p.form, p.offset, p.record + 1, "refused", err}
}

var errClosed = errors.New("transcript: the writer is closed")
