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

	"cowpi.example/cowpi"
	"cowpi.example/transcript"
)

// wrongBit makes one bit wrong in a copy of a transcript.
type wrongBit func(*transcript.Memory)

// copyOf is a transcript in which messages may be changed.
func copyOf(m *transcript.Memory) *transcript.Memory {
	c := &transcript.Memory{Head: m.Head, Records: slices.Clone(m.Records)}
	c.Head.Providers = slices.Clone(m.Head.Providers)
	for i := range c.Records {
		if s, ok := c.Records[i].(transcript.Sent); ok {
			s.Bytes = slices.Clone(s.Bytes)
			s.Opened.Plain, s.Opened.Inner = slices.Clone(s.Opened.Plain), slices.Clone(s.Opened.Inner)
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
				b := f.x.in.of(&said{bytes: s.Bytes, opened: s.Opened})
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
	add("header timed", func(m *transcript.Memory) { m.Head.Timed = !m.Head.Timed })
	add("header provider id", func(m *transcript.Memory) { m.Head.Providers[1].ID += "x" })
	add("header provider key", func(m *transcript.Memory) { m.Head.Providers[1].Key[31] ^= 1 })
	seen := map[string][]int{}
	for i, r := range m.Records {
		t := reflect.TypeOf(r).Name()
		if s, ok := r.(transcript.Saw); ok {
			t += fmt.Sprint(" ", s.What)
			if s.What == transcript.Ended {
				t += fmt.Sprint(" ", cowpi.EndReason(s.Reason))
			}
			if s.Check != "" {
				t += " by " + s.Check
			}
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

	"renewal msg1 E_c":  "as in msg1",
	"renewal msg2 E_s":  "as in msg2",
	"renewal msg2 Y":    "the same",
	"renewal msg3 X":    "as in msg3",
	"renewal msg2 seal": "as in msg2",
	"renewal msg3 seal": "as in msg3",
}

// notice lists who says that a transcript is simulated; at most one unless all.
func (c corpus) notice(m *transcript.Memory, all bool) (by []string) {
	e := Evidence{World: c.world, Transcript: m, Corrupt: c.corrupt}.shared()
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
	for _, c := range corpora(t) {
		require.Empty(t, c.notice(c.seen, true), "without a wrong bit")
		st := read(c.world.Suite, c.seen)
		whole(t, st)
		bits := messageBits(st)
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
	for kind, fields := range kinds(t) {
		found := slices.ContainsFunc(sortedKeys(done), func(field string) bool {
			return slices.ContainsFunc(fields, func(prefix string) bool { return strings.HasPrefix(field, prefix) })
		})
		require.True(t, found || never[kind] != "", "no bit of %s was flipped: it must occur in a corpus, or have a reason why it never does", kind)
		require.False(t, found && never[kind] != "", "%s does occur", kind)
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
