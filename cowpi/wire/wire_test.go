package wire

import (
	"errors"
	"math"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"cowpi.example/cowpi/corpustest"
	"cowpi.example/cowpi/fault"
)

// field is one field: how it is written, and how it is read and compared.
type field struct {
	name  string
	write func(*Writer)
	read  func(t require.TestingT, r *Reader)
}

// fields draws a list of fields of all kinds, integers weighted towards edges.
func fields() *rapid.Generator[[]field] {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) field {
		bytes := rapid.SliceOfN(rapid.Byte(), 0, 100).Draw(t, "bytes")
		u := rapid.OneOf(rapid.Uint64(), rapid.SampledFrom([]uint64{0, 1, math.MaxUint8, math.MaxUint16,
			math.MaxUint32, math.MaxUint64})).Draw(t, "integer")
		switch rapid.IntRange(0, 9).Draw(t, "kind") {
		case 0:
			return field{"u8", func(w *Writer) { w.U8(uint8(u)) },
				func(t require.TestingT, r *Reader) { require.Equal(t, uint8(u), r.U8("f")) }}
		case 1:
			return field{"u16", func(w *Writer) { w.U16(uint16(u)) },
				func(t require.TestingT, r *Reader) { require.Equal(t, uint16(u), r.U16("f")) }}
		case 2:
			return field{"u32", func(w *Writer) { w.U32(uint32(u)) },
				func(t require.TestingT, r *Reader) { require.Equal(t, uint32(u), r.U32("f")) }}
		case 3:
			return field{"u64", func(w *Writer) { w.U64(u) },
				func(t require.TestingT, r *Reader) { require.Equal(t, u, r.U64("f")) }}
		case 4:
			return field{"bool", func(w *Writer) { w.Bool(u&1 == 1) },
				func(t require.TestingT, r *Reader) { require.Equal(t, u&1 == 1, r.Bool("f")) }}
		case 5:
			return field{"bytes", func(w *Writer) { w.Field(bytes) },
				func(t require.TestingT, r *Reader) { require.Equal(t, bytes, r.Bytes("f", len(bytes))) }}
		case 6:
			return field{"take", func(w *Writer) { w.Fixed(bytes) },
				func(t require.TestingT, r *Reader) { require.Equal(t, bytes, r.Take("f", len(bytes))) }}
		case 7:
			var a [8]byte
			copy(a[:], bytes)
			return field{"array 8", func(w *Writer) { w.Fixed(a[:]) },
				func(t require.TestingT, r *Reader) { require.Equal(t, a, Array8[[8]byte](r, "f")) }}
		case 8:
			var a [16]byte
			copy(a[:], bytes)
			return field{"array 16", func(w *Writer) { w.Fixed(a[:]) },
				func(t require.TestingT, r *Reader) { require.Equal(t, a, Array16[[16]byte](r, "f")) }}
		default:
			var a [32]byte
			copy(a[:], bytes)
			return field{"array 32", func(w *Writer) { w.Fixed(a[:]) },
				func(t require.TestingT, r *Reader) { require.Equal(t, a, Array32[[32]byte](r, "f")) }}
		}
	}), 0, 12)
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := fields().Draw(t, "fields")
		w := NewWriter(0)
		w.U8(1).Count(len(list))
		for _, f := range list {
			f.write(w)
		}
		data := w.Bytes()
		r := NewReader("test", data)
		r.Version(1)
		require.Equal(t, len(list), r.Count("fields", 12, 0))
		for _, f := range list {
			f.read(t, r)
		}
		require.Zero(t, r.Left())
		require.NoError(t, r.Done())

		// Any shorter or longer string fails, and under W1.
		cut := rapid.IntRange(0, len(data)-1).Draw(t, "cut")
		for _, bad := range [][]byte{data[:cut], append(append([]byte(nil), data...), 0)} {
			r = NewReader("test", bad)
			r.Version(1)
			for range r.Count("fields", 12, 0) {
			}
			for _, f := range list {
				f.read(ignore{}, r)
			}
			require.Equal(t, fault.W1, fault.CheckOf(r.Done()))
		}
	})
}

// ignore lets a comparison fail quietly.
type ignore struct{}

func (ignore) Errorf(string, ...any) {}
func (ignore) FailNow()              {}

// W1: each way in which a field can be wrong, named with field, place and reason.
func TestW1ErrorsNameTheField(t *testing.T) {
	for name, c := range map[string]struct {
		data   []byte
		read   func(*Reader)
		field  string
		offset int
	}{
		"too short for u8":     {nil, func(r *Reader) { r.U8("a") }, "a", 0},
		"too short for u16":    {[]byte{1, 2, 3}, func(r *Reader) { r.U16("a"); r.U16("b") }, "b", 2},
		"too short for u32":    {[]byte{1, 2, 3}, func(r *Reader) { r.U32("a") }, "a", 0},
		"too short for u64":    {make([]byte, 7), func(r *Reader) { r.U64("a") }, "a", 0},
		"too short for fixed":  {make([]byte, 31), func(r *Reader) { Array32[[32]byte](r, "a") }, "a", 0},
		"left over":            {[]byte{1, 2}, func(r *Reader) { r.U8("a") }, "end", 1},
		"bool 2":               {[]byte{2}, func(r *Reader) { r.Bool("a") }, "a", 1},
		"version":              {[]byte{2}, func(r *Reader) { r.Version(1) }, "version", 1},
		"length over its max":  {[]byte{0, 0, 0, 3, 1, 2, 3}, func(r *Reader) { r.Bytes("a", 2) }, "a", 4},
		"length over the rest": {[]byte{0, 0, 0, 3, 1, 2}, func(r *Reader) { r.Bytes("a", 9) }, "a", 4},
		"huge length":          {[]byte{255, 255, 255, 255, 1}, func(r *Reader) { r.Bytes("a", math.MaxInt) }, "a", 4},
		"negative take":        {[]byte{1}, func(r *Reader) { r.Take("a", -1) }, "a", 0},
		"count over its max":   {[]byte{0, 3, 1, 2, 3}, func(r *Reader) { r.Count("a", 2, 1) }, "a", 2},
		"count over the rest":  {[]byte{0, 3, 1, 2, 3, 4, 5}, func(r *Reader) { r.Count("a", 9, 2) }, "a", 2},
		"own reason":           {[]byte{1}, func(r *Reader) { r.U8("a"); r.Fail("b", "%d is odd", 1) }, "b", 1},
	} {
		r := NewReader("thing", c.data)
		c.read(r)
		require.Equal(t, name != "left over", r.Failed(), name)
		err := r.Done()
		require.Equal(t, fault.W1, fault.CheckOf(err), name)
		var e *Error
		require.True(t, errors.As(err, &e), name)
		require.Equal(t, "thing", e.What, name)
		require.Equal(t, c.field, e.Field, name)
		require.Equal(t, c.offset, e.Offset, name)
		require.Contains(t, err.Error(), "thing: field "+c.field, name)
	}
	r := NewReader("thing", []byte{1, 0, 3, 0, 0, 0, 2, 7, 7}) // negative control
	require.True(t, r.Bool("a"))
	require.Equal(t, 3, r.Count("b", 3, 2))
	require.Equal(t, []byte{7, 7}, r.Bytes("c", 2))
	require.NoError(t, r.Done())
}

// The first failure sticks, whatever is read afterwards, and reads return zeros.
func TestFirstFailureSticks(t *testing.T) {
	r := NewReader("thing", []byte{9, 9, 9, 9, 9, 9, 9, 9, 9, 9})
	r.Refute(fault.W2, "first", "reason %d", 1)
	r.Refute(fault.W3, "second", "reason 2")
	require.Zero(t, r.U8("a"))
	require.Zero(t, r.U16("a"))
	require.Zero(t, r.U32("a"))
	require.Zero(t, r.U64("a"))
	require.False(t, r.Bool("a"))
	require.Nil(t, r.Bytes("a", 9))
	require.Nil(t, r.Take("a", 1))
	require.Nil(t, r.Rest("a"))
	require.Zero(t, r.Count("a", 99999, 0))
	require.Zero(t, Array32[[32]byte](r, "a"))
	r.Version(1)
	require.Equal(t, 10, r.Left())
	err := r.Done()
	require.Equal(t, fault.W2, fault.CheckOf(err))
	require.ErrorContains(t, err, "field first at byte 0: reason 1")
}

// What is read is a copy: the sender's buffer may be used again.
func TestReadsAreCopies(t *testing.T) {
	data := []byte{0, 0, 0, 1, 5, 6}
	r := NewReader("thing", data)
	b, rest := r.Bytes("a", 1), r.Rest("b")
	clear(data)
	require.Equal(t, []byte{5}, b)
	require.Equal(t, []byte{6}, rest)
}

// Nothing is as good as an empty string.
func TestEmptyInput(t *testing.T) {
	for _, data := range [][]byte{nil, {}} {
		r := NewReader("thing", data)
		require.Empty(t, r.Take("a", 0))
		require.Empty(t, r.Rest("b"))
		require.NoError(t, r.Done())
	}
}

// A length that cannot hold allocates nothing: 4 GiB are announced here.
func TestHugeLengthsAllocateNothing(t *testing.T) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range 16 {
		r := NewReader("thing", []byte{255, 255, 255, 255})
		r.Bytes("a", math.MaxInt)
		require.True(t, r.Failed())
	}
	runtime.ReadMemStats(&after)
	require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(1<<20))
}

func TestWriterPanicsOnItsOwnBugs(t *testing.T) {
	require.Panics(t, func() { NewWriter(0).Count(1 << 16) })
	require.Panics(t, func() { NewWriter(0).Count(-1) })
	require.Equal(t, []byte{255, 255}, NewWriter(0).Count(1<<16-1).Bytes())
}

// A program of reads over any bytes: nothing panics, what was read encodes to the
// bytes read.
func FuzzReader(f *testing.F) {
	corpustest.Add(f, "wire.FuzzReader")
	f.Add([]byte{0, 1, 2, 3, 4, 5, 6}, []byte{1, 0, 0, 0, 1, 7, 0, 2})
	f.Add([]byte{5, 5, 5}, []byte{0, 0, 0, 1, 9, 255, 255, 255, 255})
	f.Fuzz(func(t *testing.T, program, data []byte) {
		r, w := NewReader("fuzz", data), NewWriter(len(data))
		for _, op := range program {
			before := r.Left()
			switch op % 8 {
			case 0:
				w.U8(r.U8("f"))
			case 1:
				w.U16(r.U16("f"))
			case 2:
				w.U32(r.U32("f"))
			case 3:
				w.U64(r.U64("f"))
			case 4:
				w.Bool(r.Bool("f"))
			case 5:
				w.Field(r.Bytes("f", int(op)))
			case 6:
				w.Count(r.Count("f", int(op), 2))
			case 7:
				a := Array8[[8]byte](r, "f")
				w.Fixed(a[:])
			}
			if r.Failed() {
				require.Error(t, r.Done())
				return
			}
			require.LessOrEqual(t, r.Left(), before)
		}
		require.Equal(t, data[:len(data)-r.Left()], w.Bytes())
		w.Fixed(r.Rest("rest"))
		require.NoError(t, r.Done())
		require.Equal(t, len(data), len(w.Bytes()))
	})
}
