package judge

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi/cowpitest"
	"cowpi.example/cowpi/script"
	"cowpi.example/simulator"
	"cowpi.example/transcript"
	"cowpi.example/transcript/transcripttest"
)

// everything is a short script in which most kinds of messages occur.
const everything = `
providers 2
conversation lunch: Alice Bob Charlie
Alice in lunch: first
Bob in lunch: second
Alice adds Dave in lunch
Dave in lunch: third
Bob restarts Bob in lunch
Charlie goes offline
Alice in lunch: Where is Charlie?
Charlie comes back
Alice in lunch: There you are.
Bob removes Charlie in lunch
conversation tea: Bob Alice
Alice in tea: fourth
Alice leaves in lunch
mirror1 crashes
Bob in lunch: last
`

// wrongBit makes one bit wrong in a copy of a transcript.
type wrongBit func(*transcript.Memory)

// copyOf is a transcript in which messages may be changed.
func copyOf(m *transcript.Memory) *transcript.Memory {
	c := &transcript.Memory{Head: m.Head, Records: slices.Clone(m.Records)}
	c.Head.Providers = slices.Clone(m.Head.Providers)
	for i := range c.Records {
		if s, ok := c.Records[i].(transcript.Sent); ok {
			s.Bytes, s.Opened.Plain = slices.Clone(s.Bytes), slices.Clone(s.Opened.Plain)
			c.Records[i] = s
		}
	}
	return c
}

// messageBits lists, for each field of each kind of message, some bits that may be
// wrong: one of its first and one of its last occurrence.
func messageBits(st *story) map[string][]wrongBit {
	type field struct {
		m *said
		x span
	}
	at := map[string][]field{}
	for _, m := range st.all {
		for _, x := range dissect(m) {
			if x.from < x.to {
				at[x.field] = append(at[x.field], field{m, x})
			}
		}
	}
	out := map[string][]wrongBit{}
	for name, list := range at {
		for k, i := range slices.Compact([]int{0, len(list) - 1}) {
			f := list[i]
			bit := (len(name)*31 + k*101) % (8 * (f.x.to - f.x.from))
			out[name] = append(out[name], func(c *transcript.Memory) {
				s := c.Records[f.m.record].(transcript.Sent)
				b := s.Opened.Plain
				if f.x.wire {
					b = s.Bytes
				}
				b[f.x.from+bit/8] ^= 1 << (bit % 8)
			})
		}
	}
	return out
}

// recordBits lists the same for what stands around the messages: the header, and
// the fields of records.
func recordBits(m *transcript.Memory) map[string][]wrongBit {
	out := map[string][]wrongBit{}
	add := func(field string, flip func(*transcript.Memory)) {
		out[field] = append(out[field], flip)
	}
	add("header suite id", func(m *transcript.Memory) { m.Head.SuiteID ^= 1 })
	add("header suite", func(m *transcript.Memory) { m.Head.Suite += "x" })
	add("header provider id", func(m *transcript.Memory) { m.Head.Providers[1].ID += "x" })
	add("header provider key", func(m *transcript.Memory) { m.Head.Providers[1].Key[31] ^= 1 })
	seen := map[string][]int{}
	for i, r := range m.Records {
		t := reflect.TypeOf(r).Name()
		if s, ok := r.(transcript.Saw); ok {
			t += fmt.Sprint(" ", s.What)
		}
		seen[t] = append(seen[t], i)
	}
	for t, list := range seen {
		for _, i := range slices.Compact([]int{list[0], list[len(list)-1]}) {
			v := reflect.ValueOf(m.Records[i])
			for f := range v.NumField() {
				name := v.Type().Field(f).Name
				if name == "Bytes" || name == "Opened" && t == "Sent" {
					continue // by their fields, above
				}
				add(strings.ToLower(t)+"."+name, func(m *transcript.Memory) {
					c := reflect.New(v.Type()).Elem()
					c.Set(v)
					damage(c.Field(f))
					m.Records[i] = c.Interface().(transcript.Record)
				})
			}
			if s, ok := m.Records[i].(transcript.Sent); ok {
				add("sent.Opened.Kind", func(m *transcript.Memory) {
					s := s
					s.Opened.Kind ^= 1
					m.Records[i] = s
				})
				add("sent.Opened.Inner", func(m *transcript.Memory) {
					s := s
					s.Opened.Inner = []byte{1}
					m.Records[i] = s
				})
			}
		}
	}
	return out
}

// damage changes one bit of a value, or adds something to an empty one.
func damage(v reflect.Value) {
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(!v.Bool())
	case reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(v.Uint() ^ 1)
	case reflect.String:
		v.SetString(v.String() + "x")
	case reflect.Array:
		damage(v.Index(v.Len() - 1))
	case reflect.Slice:
		fresh := reflect.MakeSlice(v.Type(), max(v.Len(), 1), max(v.Len(), 1))
		reflect.Copy(fresh, v)
		damage(fresh.Index(fresh.Len() - 1))
		v.Set(fresh)
	case reflect.Struct:
		damage(v.Field(v.NumField() - 1))
	default:
		panic(v.Kind())
	}
}

// A wrong bit in these shows in nothing, in principle: they are as good as random to
// whoever lacks a key that nobody has. That a bit is stuck shows: stuck_test.go.
var alone = map[string]string{
	"msg1 E_c":  "a fresh point that occurs once; what follows from it is sealed under its exponent, which is gone",
	"msg2 E_s":  "the same",
	"msg2 Y":    "a fresh point that occurs once; K, which depends on it, is gone",
	"msg3 X":    "the same",
	"msg2 seal": "sealed under keys that are gone",
	"msg3 seal": "the same",
	"frame":     "the same",
}

// Kinds of messages that no script brings about: Withdraw, FetchFailed, and on links
// Resync, Snapshot, End, Expire, Withdraw and Asked (a stock withdrawn, an unknown
// user, a restored backup); renewals of keys within a connection; of events Repeat,
// Unreadable, PeerStopped and Fault, which need somebody corrupt; and times. What a
// provider says of these, the distinguisher "providers" would compare like the rest.

// corpus is a forged transcript.
type corpus struct {
	world simulator.World
	seen  *transcript.Memory
}

func forge(t *testing.T, sc script.Script, schedule uint64) corpus {
	w, err := simulator.NewWorld(cowpitest.Cheap, sc, [32]byte{5})
	require.NoError(t, err)
	c := corpus{w, &transcript.Memory{}}
	_, err = simulator.Outsider{Public: w.Public()}.Forge(simulator.Job{Script: sc, Schedule: schedule, Coins: [32]byte{6}, Open: simulator.To(c.seen)})
	require.NoError(t, err)
	return c
}

// notice lists who says that a transcript is simulated; at most one unless all.
func (c corpus) notice(m *transcript.Memory, all bool) (by []string) {
	e := Evidence{World: c.world, Transcript: m}.shared()
	for _, name := range []string{"wires", "people", "views", "reuse", "providers"} {
		if Find(name).Judge(e).Answer == Simulated {
			if by = append(by, name); !all {
				return by
			}
		}
	}
	return by
}

// A simulator with one wrong bit anywhere is caught: each field of each message is
// looked at by some distinguisher. The log is the table.
func TestOneWrongBit(t *testing.T) {
	for field := range alone {
		require.Contains(t, randomFields, field, "nobody would notice a stuck bit either")
	}
	done, missed := map[string]bool{}, []string{}
	for _, c := range []corpus{forge(t, transcripttest.Parse(t, everything), 7), forge(t, transcripttest.Parse(t, changing), 1),
		forge(t, transcripttest.Script(t, "membership"), 4), forge(t, transcripttest.Script(t, "crash"), 1)} {
		require.Empty(t, c.notice(c.seen, true), "without a wrong bit")
		bits := messageBits(read(c.world.Suite, c.seen))
		maps.Copy(bits, recordBits(c.seen))
		maps.DeleteFunc(bits, func(field string, _ []wrongBit) bool { return done[field] })
		var mu sync.Mutex
		table := map[string]string{}
		work := make(chan string)
		var wg sync.WaitGroup
		for range 2 {
			wg.Go(func() {
				for field := range work {
					row, bad := c.row(field, bits[field])
					mu.Lock()
					table[field], missed = row, append(missed, bad...)
					mu.Unlock()
				}
			})
		}
		for field := range bits {
			done[field] = true
			work <- field
		}
		close(work)
		wg.Wait()
		for _, field := range sortedKeys(table) {
			t.Logf("%-40s %s", field, table[field])
		}
	}
	require.Empty(t, missed)
	for _, kind := range []string{"Prekeys type", "Fetch type", "Upload type", "Ack type", "HandoutAck type", "Welcome type", "Stocked type", "Fetched type",
		"Handouts type", "LowStock type", "Delivery type", "Refused type", "Seen type", "Upload SETUP Sid", "Upload MSG Sid", "Upload RCPT Sid",
		"Upload UPDATE Sid", "link Hello type", "link Data type", "link LinkAck type", "Propose type", "Commit type", "Pick type", "Confirm type", "Verdict type"} {
		require.True(t, done[kind], kind)
	}
	t.Log(len(done), "fields")
}

// row says who notices a wrong bit in a field, and which bits nobody does.
func (c corpus) row(field string, bits []wrongBit) (row string, missed []string) {
	if why := alone[field]; why != "" {
		return "nobody can: " + why, nil
	}
	for i, flip := range bits {
		m := copyOf(c.seen)
		flip(m)
		by := c.notice(m, i == 0)
		if i == 0 {
			row = strings.Join(by, ", ")
		}
		if len(by) == 0 {
			missed = append(missed, fmt.Sprintf("%s, bit %d", field, i))
		}
	}
	return row, missed
}
