package transcript

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"io"
	"slices"
)

// magic begins the binary form.
const magic = "CoWPI transcript\x00"

const formBinary = "binary"

// MaxRecord bounds one record in the binary form, without its length: the largest
// frame, what is in it, and room for the rest.
const MaxRecord = 4 << 20

// bufferSize is how much both forms read or write at once.
const bufferSize = 1 << 16

// Writer writes the binary form. It keeps one record in memory, at most MaxRecord
// bytes. It is not safe for concurrent use.
type Writer struct {
	w *bufio.Writer
	t *tally
	place
}

// NewWriter begins a transcript in its binary form. It is buffered: nothing is
// complete before Close. The error is an *Error for a header that says something
// impossible, or that of w.
func NewWriter(w io.Writer, h Header) (*Writer, error) {
	out := &Writer{w: bufio.NewWriterSize(w, bufferSize), place: place{form: formBinary}}
	var err error
	if out.t, err = begin(h); err != nil {
		return nil, out.fail("header", err)
	}
	return out, out.emit(out.t.buf)
}

func (t *Writer) emit(b []byte) error {
	if _, err := t.w.Write(b); err != nil {
		return t.broken(err)
	}
	t.offset += int64(len(b))
	return nil
}

// Write implements Sink. The error is an *Error for a record that is refused, which
// leaves the transcript as it was; an error of the writer underneath is final.
func (t *Writer) Write(r Record) error {
	if t.err != nil {
		return t.err
	}
	if err := t.t.add(r); err != nil {
		return t.refuse(err)
	}
	t.record++
	return t.emit(t.t.buf)
}

// Close implements Sink: it writes the end, which counts the records and hashes
// everything before it, so that a transcript that was cut does not pass for a
// whole one. After it, everything is refused.
func (t *Writer) Close() error {
	if t.err != nil {
		return t.err
	}
	if err := t.emit(appendEnd(nil, t.t.count, t.t.end())); err != nil {
		return err
	}
	if err := t.w.Flush(); err != nil {
		return t.broken(err)
	}
	t.err = errClosed
	return nil
}

func appendEnd(b []byte, count uint64, digest [sha256.Size]byte) []byte {
	b = binary.BigEndian.AppendUint32(b, 1+8+sha256.Size)
	b = binary.BigEndian.AppendUint64(append(b, tagEnd), count)
	return append(b, digest[:]...)
}

// Reader reads the binary form. It keeps one record in memory, at most MaxRecord
// bytes, and what it returns is the caller's. It is not safe for concurrent use.
type Reader struct {
	r      *bufio.Reader
	sum    hash.Hash
	header Header
	next   int64  // offset of the next frame
	count  uint64 // of the records read
	buf    []byte // the frame under way; used again
	place
}

// NewReader reads the header of a transcript in its binary form. The error is an
// *Error if the transcript is at fault.
func NewReader(r io.Reader) (*Reader, error) {
	t := &Reader{r: bufio.NewReaderSize(r, bufferSize), sum: sha256.New(), place: place{form: formBinary}}
	head := make([]byte, len(magic))
	if n, err := io.ReadFull(t.r, head); string(head[:n]) != magic[:n] {
		return nil, t.fail("this is no transcript in binary form", nil)
	} else if err != nil {
		return nil, t.broken(err)
	}
	_, _ = t.sum.Write(head)
	t.next = int64(len(magic))
	tag, body, err := t.read()
	if err != nil {
		return nil, err
	}
	if tag != Version {
		return nil, t.fail(fmt.Sprintf("version %d, only %d is known", tag, Version), nil)
	}
	_, _ = t.sum.Write(t.buf)
	if t.header, err = decodeHeader(body); err != nil {
		return nil, t.fail("header", err)
	}
	return t, nil
}

// read takes one frame into buf. Memory grows with what comes, so that a length
// alone takes none.
func (t *Reader) read() (tag byte, body []byte, err error) {
	t.offset = t.next
	t.buf = slices.Grow(t.buf[:0], 5)[:5]
	if _, err := io.ReadFull(t.r, t.buf); err != nil {
		return 0, nil, t.broken(err)
	}
	n := binary.BigEndian.Uint32(t.buf)
	if n < 1 || n > MaxRecord {
		return 0, nil, t.fail(fmt.Sprintf("a record of %d bytes, 1 to %d allowed", n, MaxRecord), nil)
	}
	for left := int(n) - 1; left > 0; {
		have := len(t.buf)
		part := min(left, max(cap(t.buf)-have, bufferSize))
		t.buf = slices.Grow(t.buf, part)[:have+part]
		if _, err := io.ReadFull(t.r, t.buf[have:]); err != nil {
			return 0, nil, t.broken(err)
		}
		left -= part
	}
	t.next = t.offset + int64(len(t.buf))
	return t.buf[4], t.buf[5:], nil
}

// Header implements Source.
func (t *Reader) Header() Header { return t.header }

// Next implements Source.
func (t *Reader) Next() (Record, error) {
	if t.err != nil {
		return nil, t.err
	}
	t.record++
	tag, body, err := t.read()
	if err != nil {
		return nil, err
	}
	if tag == tagEnd {
		return nil, t.end()
	}
	r, err := decode(tag, body, t.header.Timed)
	if err != nil {
		return nil, t.fail("record", err)
	}
	_, _ = t.sum.Write(t.buf)
	t.count++
	return r, nil
}

func (t *Reader) end() error {
	if want := appendEnd(nil, t.count, [sha256.Size]byte(t.sum.Sum(nil))); !bytes.Equal(t.buf, want) {
		return t.fail("the end does not fit what is before it: something was cut, added or changed", nil)
	}
	t.offset = t.next
	t.err = t.over(t.r)
	return t.err
}

// over demands that there is nothing more, and is io.EOF then.
func (p *place) over(r io.ByteReader) error {
	switch _, err := r.ReadByte(); err {
	case io.EOF:
		return io.EOF
	case nil:
		return p.fail("there is something after the end", nil)
	default:
		return p.broken(err)
	}
}
