package transcript

import (
	"encoding/binary"
	"flag"
	"io"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/suite"
)

var messages = flag.Int("messages", 50_000, "how long a transcript the tests of memory make; 1000000 takes minutes")

// generator is a source that makes what a conversation of n messages looks like to
// a mirror and to one who reads it. It keeps nothing, and reconnects at times.
type generator struct {
	n, at, part int
	head        Header
}

func newGenerator(n int) *generator {
	return &generator{n: n, head: Header{SuiteID: 1, Suite: "S", Providers: []identity.Party{{ID: "router"}, {ID: "mirror", Key: suite.Point{1}}}}}
}

func (g *generator) Header() Header { return g.head }

const partsOfMessage = 6

func (g *generator) Next() (Record, error) {
	if g.at == g.n {
		return nil, io.EOF
	}
	part, i := g.part, uint64(g.at)
	if g.part++; g.part == partsOfMessage {
		g.part, g.at = 0, g.at+1
	}
	conn := 2 * (i/100 + 1)
	link := conn + 1
	bytes := make([]byte, 512)
	binary.BigEndian.PutUint64(bytes, i)
	switch part {
	case 0:
		if i%100 == 0 {
			return Connected{conn, "alice", "mirror"}, nil
		}
		return Connected{link, "router", "mirror"}, nil
	case 1:
		d := exchange.Delivery{Sid: sid, Index: i, Data: upload.Data}
		return Sent{conn, false, bytes, Opened{Kind: Data, Plain: exchange.Encode(d)}}, nil
	case 2:
		return Sent{link, true, bytes, Opened{Kind: Data, Plain: append([]byte{2, 16: 1, 17: 2, 57: 5}, bytes[:100]...)}}, nil
	case 3:
		return Delivered{conn, false}, nil
	case 4:
		return Saw{Who: "alice", Number: i + 1, What: Text, Sid: sid, Index: i, Epoch: 1, Party: "bob", Text: []byte("What time is it there?")}, nil
	default:
		return Closed{link}, nil
	}
}

// through writes and reads n messages at once, over a pipe, and returns the most
// that was kept on the heap, of so many looks at it.
func through(t testing.TB, c codec, n, looks int) (peak uint64, size int64) {
	r, w := io.Pipe()
	count := &counter{w: w}
	go func() {
		dst, err := c.write(count, newGenerator(0).head)
		if err == nil {
			err = Copy(dst, newGenerator(n))
		}
		_ = w.CloseWithError(err)
	}()
	src, err := Open(r)
	require.NoError(t, err)
	for i := 0; ; i++ {
		_, err := src.Next()
		if err == io.EOF {
			require.Equal(t, partsOfMessage*n, i)
			return peak, count.n
		}
		require.NoError(t, err)
		if looks > 0 && i%(partsOfMessage*n/looks) == 0 {
			runtime.GC() // what is left is what is kept
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			peak = max(peak, m.HeapAlloc)
		}
	}
}

type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(b []byte) (int, error) {
	c.n += int64(len(b))
	return c.w.Write(b)
}

// A transcript ten times as long takes no more memory: what is alive while it is
// written and read at once stays within 256 KiB, and below 8 MiB in all.
func TestMemoryIsConstant(t *testing.T) {
	long := *messages
	if testing.Short() {
		long = 20_000
	}
	for _, c := range codecs {
		short, _ := through(t, c, long/10, 10)
		peak, size := through(t, c, long, 10)
		t.Logf("%s: %d messages, %d MiB, peak heap %d KiB; %d messages: %d KiB", c.name, long, size>>20, peak>>10, long/10, short>>10)
		require.Less(t, peak, short+256<<10)
		require.Less(t, peak, uint64(8<<20))
	}
	// The control: what keeps everything is noticed.
	m := &Memory{}
	require.NoError(t, Copy(m, newGenerator(long/10)))
	before, _ := through(t, codecs[0], 100, 1)
	keep, _ := Load(newGenerator(long))
	after, _ := through(t, codecs[0], 100, 1)
	require.Greater(t, after, before+256<<10)
	runtime.KeepAlive(keep)
	runtime.KeepAlive(m)
}

func BenchmarkMessages(b *testing.B) {
	for _, c := range codecs {
		b.Run(c.name, func(b *testing.B) {
			const n = 1000
			for b.Loop() {
				_, size := through(b, c, n, 0)
				b.SetBytes(size)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/message")
		})
	}
}

// A length alone takes no memory, and a line no more than its bound and what growing
// to it leaves behind.
func TestLengthsTakeNoMemory(t *testing.T) {
	used := func(f func()) uint64 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		f()
		runtime.ReadMemStats(&after)
		return after.TotalAlloc - before.TotalAlloc
	}
	whole := codecs[0].bytes(t, small())
	claim := binary.BigEndian.AppendUint32(append([]byte(nil), whole[:len(magic)+len(frames(whole)[0])]...), MaxRecord)
	for _, more := range []int{0, 1, 1000} {
		n := used(func() {
			_, err := codecs[0].load(append(claim, make([]byte, more)...))
			refused(t, err, formBinary, 1, "cut off")
		})
		require.Less(t, n, uint64(4*bufferSize))
	}
	n := used(func() {
		_, err := codecs[0].load(append(claim, make([]byte, MaxRecord)...)) // the control: this much comes
		require.Error(t, err)
	})
	require.Greater(t, n, uint64(MaxRecord))
	n = used(func() {
		_, err := codecs[1].read(&endless{"{", " "})
		require.Error(t, err)
	})
	require.Less(t, n, uint64(6*maxLine))
}
