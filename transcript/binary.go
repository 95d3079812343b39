package transcript

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"io"
)

// magic begins the binary form.
const magic = "CoWPI transcript\x00"

// MaxRecord bounds one encoded record, in bytes: the largest frame, what is in
// it, and room for the rest.
const MaxRecord = 4 << 20

// Writer writes the binary form.
type Writer struct {
	w     *bufio.Writer
	sum   hash.Hash
	count uint64
	timed bool
	buf   []byte
	err   error
}

// NewWriter begins a transcript in its binary form. It is buffered: nothing is
// complete before Close.
func NewWriter(w io.Writer, h Header) (*Writer, error) {
	if err := h.check(); err != nil {
		return nil, err
	}
	t := &Writer{w: bufio.NewWriterSize(w, 1<<16), sum: sha256.New(), timed: h.Timed}
	body := encodeHeader(h)
	t.emit(append([]byte(magic), frame(nil, Version, body)...))
	return t, t.err
}

// frame puts length and type before a body.
func frame(dst []byte, tag byte, body []byte) []byte {
	dst = binary.BigEndian.AppendUint32(dst, uint32(1+len(body)))
	return append(append(dst, tag), body...)
}

func (t *Writer) emit(b []byte) {
	if t.err == nil {
		_, _ = t.sum.Write(b)
		_, t.err = t.w.Write(b)
	}
}

// Write implements Sink.
func (t *Writer) Write(r Record) error {
	if t.err != nil {
		return t.err
	}
	body, err := encode(r, t.timed)
	if err != nil {
		return err
	}
	if len(body) >= MaxRecord {
		return fmt.Errorf("transcript: a record of %d bytes, at most %d allowed", len(body), MaxRecord-1)
	}
	t.buf = frame(t.buf[:0], r.tag(), body)
	t.emit(t.buf)
	t.count++
	return t.err
}

// Close implements Sink: it writes the end, which counts the records and hashes
// everything before it, so that a transcript that was cut does not pass for a
// whole one.
func (t *Writer) Close() error {
	if t.err != nil {
		return t.err
	}
	body := binary.BigEndian.AppendUint64(nil, t.count)
	body = t.sum.Sum(body)
	if _, t.err = t.w.Write(frame(nil, tagEnd, body)); t.err == nil {
		t.err = t.w.Flush()
	}
	err := t.err
	if err == nil {
		t.err = errors.New("transcript: the writer is closed")
	}
	return err
}

// Reader reads the binary form.
type Reader struct {
	r      *bufio.Reader
	sum    hash.Hash
	header Header
	offset int64 // of the record under way
	next   int64
	count  uint64
	err    error
}

// NewReader reads the header of a transcript in its binary form.
func NewReader(r io.Reader) (*Reader, error) {
	t := &Reader{r: bufio.NewReaderSize(r, 1<<16), sum: sha256.New()}
	begin := make([]byte, len(magic))
	if _, err := io.ReadFull(t.r, begin); err != nil || string(begin) != magic {
		return nil, t.fail("this is no transcript in binary form", err)
	}
	_, _ = t.sum.Write(begin)
	t.next = int64(len(magic))
	tag, body, err := t.read()
	if err != nil {
		return nil, err
	}
	if tag != Version {
		return nil, t.fail(fmt.Sprintf("version %d, only %d is known", tag, Version), nil)
	}
	if t.header, err = decodeHeader(body); err != nil {
		return nil, t.fail("header", err)
	}
	return t, nil
}

func (t *Reader) fail(what string, err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF // never io.EOF, which would say that all is well
	}
	t.err = &Error{"binary", t.offset, t.count, what, err}
	return t.err
}

// read takes one frame. The body is allocated as it comes, so that a length alone
// takes no memory.
func (t *Reader) read() (tag byte, body []byte, err error) {
	t.offset = t.next
	var head [5]byte
	if _, err := io.ReadFull(t.r, head[:]); err != nil {
		return 0, nil, t.fail("it is cut off", err)
	}
	n := binary.BigEndian.Uint32(head[:])
	if n < 1 || n > MaxRecord {
		return 0, nil, t.fail(fmt.Sprintf("a record of %d bytes, 1 to %d allowed", n, MaxRecord), nil)
	}
	var buf bytes.Buffer
	if _, err := io.CopyN(&buf, t.r, int64(n)-1); err != nil {
		return 0, nil, t.fail("it is cut off", err)
	}
	t.next = t.offset + 4 + int64(n)
	if head[4] != tagEnd || t.offset == int64(len(magic)) {
		_, _ = t.sum.Write(head[:])
		_, _ = t.sum.Write(buf.Bytes())
	}
	return head[4], buf.Bytes(), nil
}

// Header implements Source.
func (t *Reader) Header() Header { return t.header }

// Next implements Source.
func (t *Reader) Next() (Record, error) {
	if t.err != nil {
		return nil, t.err
	}
	t.count++
	tag, body, err := t.read()
	if err != nil {
		return nil, err
	}
	if tag == tagEnd {
		t.count--
		return nil, t.end(body)
	}
	r, err := decode(tag, body, t.header.Timed)
	if err != nil {
		return nil, t.fail("record", err)
	}
	return r, nil
}

func (t *Reader) end(body []byte) error {
	want := t.sum.Sum(binary.BigEndian.AppendUint64(nil, t.count))
	if !bytes.Equal(body, want) {
		return t.fail("the end does not fit what is before it: something was cut, added or changed", nil)
	}
	if _, err := t.r.ReadByte(); err == nil {
		return t.fail("there is something after the end", nil)
	} else if !errors.Is(err, io.EOF) {
		return t.fail("after the end", err)
	}
	t.err = io.EOF
	return t.err
}
