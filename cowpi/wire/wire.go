// Package wire is the canonical encoding of everything that is sent or stored
// (SPEC.md, section 3): big-endian integers, fixed fields, and variable fields
// behind their length. What decodes encodes to the same bytes again; a length is
// compared with its bound before anything is allocated; trailing bytes are
// refused.
//
// Reader and Writer are not safe for concurrent use.
package wire

import (
	"fmt"

	"golang.org/x/crypto/cryptobyte"

	"cowpi.example/cowpi/fault"
)

// Error says where decoding failed: checks W1 to W3 of SPEC.md.
type Error struct {
	What   string // the message or record
	Field  string // the field in it
	Offset int    // bytes read when it failed
	Reason string
}

func (e *Error) Error() string {
	return fmt.Sprintf("%s: field %s at byte %d: %s", e.What, e.Field, e.Offset, e.Reason)
}

// Reader takes fields from the front of a byte string. The first failure
// sticks: later reads return zero values, and Done returns the error.
type Reader struct {
	what  string
	s     cryptobyte.String
	size  int
	err   *Error
	check fault.Check
}

// NewReader reads data, which it calls what in errors.
func NewReader(what string, data []byte) *Reader {
	return &Reader{what: what, s: data, size: len(data)}
}

// Fail makes the reader fail at this field under check W1, if it has not failed
// before.
func (r *Reader) Fail(field, format string, args ...any) {
	r.Refute(fault.W1, field, format, args...)
}

// Refute is Fail under another check, for fields that have rules of their own.
func (r *Reader) Refute(c fault.Check, field, format string, args ...any) {
	if r.err == nil {
		r.err = &Error{r.what, field, r.size - len(r.s), fmt.Sprintf(format, args...)}
		r.check = c
	}
}

// Failed says whether a read has failed.
func (r *Reader) Failed() bool { return r.err != nil }

// Left is the number of bytes not yet read.
func (r *Reader) Left() int { return len(r.s) }

// Fixed copies a field of len(out) bytes.
func (r *Reader) Fixed(field string, out []byte) {
	// cryptobyte takes no bytes from an empty nil string for a failure.
	if r.err == nil && len(out) > 0 && !r.s.CopyBytes(out) {
		r.Fail(field, "%d bytes wanted, %d left", len(out), len(r.s))
	}
}

// Array32 reads a fixed field of 32 bytes.
func Array32[T ~[32]byte](r *Reader, field string) (v T) {
	var b [32]byte
	r.Fixed(field, b[:])
	return T(b)
}

// Array8 reads a fixed field of 8 bytes.
func Array8[T ~[8]byte](r *Reader, field string) (v T) {
	var b [8]byte
	r.Fixed(field, b[:])
	return T(b)
}

// Array16 reads a fixed field of 16 bytes.
func Array16[T ~[16]byte](r *Reader, field string) (v T) {
	var b [16]byte
	r.Fixed(field, b[:])
	return T(b)
}

// U8 reads one byte.
func (r *Reader) U8(field string) (v uint8) {
	if r.err == nil && !r.s.ReadUint8(&v) {
		r.Fail(field, "ends too early")
	}
	return v
}

// U16 reads two bytes.
func (r *Reader) U16(field string) (v uint16) {
	if r.err == nil && !r.s.ReadUint16(&v) {
		r.Fail(field, "ends too early")
	}
	return v
}

// U32 reads four bytes.
func (r *Reader) U32(field string) (v uint32) {
	if r.err == nil && !r.s.ReadUint32(&v) {
		r.Fail(field, "ends too early")
	}
	return v
}

// U64 reads eight bytes.
func (r *Reader) U64(field string) (v uint64) {
	if r.err == nil && !r.s.ReadUint64(&v) {
		r.Fail(field, "ends too early")
	}
	return v
}

// Bool reads one byte that must be 0 or 1.
func (r *Reader) Bool(field string) bool {
	v := r.U8(field)
	if v > 1 {
		r.Fail(field, "%d is neither 0 nor 1", v)
	}
	return v == 1
}

// Bytes reads a field behind its length of four bytes, at most max, as a copy.
func (r *Reader) Bytes(field string, max int) []byte {
	n := r.U32(field)
	if r.err == nil && uint64(n) > uint64(max) {
		r.Fail(field, "%d bytes, at most %d allowed", n, max)
	}
	return r.Take(field, int(n))
}

// Take reads n bytes as a copy; n must have been bounded by the caller or by
// what is left, which is checked before anything is allocated.
func (r *Reader) Take(field string, n int) []byte {
	if r.err != nil {
		return nil
	}
	if n < 0 || n > len(r.s) {
		r.Fail(field, "%d bytes wanted, %d left", n, len(r.s))
		return nil
	}
	out := make([]byte, n)
	r.Fixed(field, out)
	return out
}

// Rest reads everything that is left, as a copy.
func (r *Reader) Rest(field string) []byte { return r.Take(field, len(r.s)) }

// Count reads a count of two bytes, at most max, of items of at least size
// bytes each; a count that the rest cannot hold is refused here, so that the
// caller may allocate for it.
func (r *Reader) Count(field string, max, size int) int {
	n := int(r.U16(field))
	if r.err == nil && n > max {
		r.Fail(field, "%d items, at most %d allowed", n, max)
	}
	if r.err == nil && n*size > len(r.s) {
		r.Fail(field, "%d items of %d bytes wanted, %d bytes left", n, size, len(r.s))
	}
	if r.err != nil {
		return 0
	}
	return n
}

// Version reads the version byte that begins every message and record.
func (r *Reader) Version(want uint8) {
	if v := r.U8("version"); r.err == nil && v != want {
		r.Fail("version", "%d, only %d is known", v, want)
	}
}

// Done returns the first failure, or one if bytes are left over. It is evidence
// under check W1, or the one that was refuted; the caller adds who sent it.
func (r *Reader) Done() error {
	if r.err == nil && len(r.s) > 0 {
		r.Fail("end", "%d bytes left over", len(r.s))
	}
	if r.err != nil {
		return &fault.Evidence{Check: r.check, Err: r.err}
	}
	return nil
}

// Writer appends fields to a byte string. It grows as needed; lengths are the
// caller's to bound, and exceeding a length field is a bug that panics.
type Writer struct{ b []byte }

// NewWriter returns a writer with room for size bytes.
func NewWriter(size int) *Writer { return &Writer{make([]byte, 0, size)} }

// Bytes returns what was written.
func (w *Writer) Bytes() []byte { return w.b }

// U8 appends one byte.
func (w *Writer) U8(v uint8) *Writer { w.b = append(w.b, v); return w }

// U16 appends two bytes.
func (w *Writer) U16(v uint16) *Writer {
	w.b = append(w.b, byte(v>>8), byte(v))
	return w
}

// U32 appends four bytes.
func (w *Writer) U32(v uint32) *Writer {
	w.b = append(w.b, byte(v>>24), byte(v>>16), byte(v>>8), byte(v))
	return w
}

// U64 appends eight bytes.
func (w *Writer) U64(v uint64) *Writer { return w.U32(uint32(v >> 32)).U32(uint32(v)) }

// Bool appends 0 or 1.
func (w *Writer) Bool(v bool) *Writer {
	if v {
		return w.U8(1)
	}
	return w.U8(0)
}

// Fixed appends bytes without a length.
func (w *Writer) Fixed(v []byte) *Writer { w.b = append(w.b, v...); return w }

// Field appends bytes behind their length of four bytes.
func (w *Writer) Field(v []byte) *Writer {
	if uint64(len(v)) > 1<<32-1 {
		panic("wire: field too long")
	}
	return w.U32(uint32(len(v))).Fixed(v)
}

// Count appends a count of two bytes.
func (w *Writer) Count(n int) *Writer {
	if n < 0 || n > 1<<16-1 {
		panic("wire: count out of range")
	}
	return w.U16(uint16(n))
}
