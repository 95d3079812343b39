package judge

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi/cowpitest"
	"cowpi.example/simulator"
	"cowpi.example/transcript"
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

// place of one bit that can be wrong: a name, and how to flip it in a copy.
type wrongBit struct {
	field string
	flip  func(*transcript.Memory)
}

// copyOf is a transcript whose record i may be changed.
func copyOf(m *transcript.Memory, i int) *transcript.Memory {
	c := &transcript.Memory{Head: m.Head, Records: slices.Clone(m.Records)}
	c.Head.Providers = slices.Clone(m.Head.Providers)
	if i < 0 {
		return c
	}
	if s, ok := c.Records[i].(transcript.Sent); ok {
		s.Bytes, s.Opened.Plain = slices.Clone(s.Bytes), slices.Clone(s.Opened.Plain)
		c.Records[i] = s
	}
	return c
}

// messageBits lists, for each field of each kind of message, some places where a bit
// may be wrong: the first, a middle and the last occurrence, and in each the first
// bit, the last bit, and one between.
func messageBits(st *story) map[string][]wrongBit {
	at := map[string][]func(*transcript.Memory, int){}
	records := map[string][]int{}
	for _, m := range st.all {
		for _, x := range dissect(m) {
			if x.from == x.to {
				continue
			}
			records[x.field] = append(records[x.field], m.record)
			at[x.field] = append(at[x.field], func(c *transcript.Memory, bit int) {
				s := c.Records[m.record].(transcript.Sent)
				b := s.Opened.Plain
				if x.wire {
					b = s.Bytes
				}
				b[x.from+bit/8] ^= 1 << (bit % 8)
			})
			bits := (x.to - x.from) * 8
			at[x.field+" bits"] = append(at[x.field+" bits"], func(*transcript.Memory, int) {})
			_ = bits
		}
	}
	out := map[string][]wrongBit{}
	for field, list := range records {
		n := len(list)
		for k, i := range slices.Compact([]int{0, n / 2, n - 1}) {
			size := fieldSize(st, list[i], field)
			for _, bit := range slices.Compact([]int{0, size*8 - 1, (k*13 + 5) % (size * 8)}) {
				out[field] = append(out[field], wrongBit{field, func(m *transcript.Memory) { at[field][i](m, bit) }})
			}
		}
	}
	return out
}

func fieldSize(st *story, record int, field string) int {
	for _, x := range dissect(st.sent[record]) {
		if x.field == field {
			return x.to - x.from
		}
	}
	return 1
}

// recordBits lists the same for what stands around the messages: the header, and
// the fields of records.
func recordBits(m *transcript.Memory) map[string][]wrongBit {
	out := map[string][]wrongBit{}
	add := func(field string, flip func(*transcript.Memory)) {
		out[field] = append(out[field], wrongBit{field, flip})
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
		for _, i := range slices.Compact([]int{list[0], list[len(list)/2], list[len(list)-1]}) {
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

// A simulator with one wrong bit anywhere is caught: each field of each message is
// looked at by some distinguisher.
func TestOneWrongBit(t *testing.T) {
	sc := parse(t, everything)
	w, err := simulator.NewWorld(cowpitest.Cheap, sc, [32]byte{5})
	require.NoError(t, err)
	m := &transcript.Memory{}
	_, err = simulator.Outsider{Public: w.Public()}.Forge(simulator.Job{Script: sc, Schedule: 7, Coins: [32]byte{6}, Open: simulator.To(m)})
	require.NoError(t, err)
	structural := []string{"wires", "providers", "people", "views", "reuse"}
	caught := func(c *transcript.Memory, names []string) (by []string) {
		e := Evidence{World: w, Transcript: c}.shared()
		for _, name := range names {
			if Find(name).Judge(e).Answer == Simulated {
				by = append(by, name)
			}
		}
		return by
	}
	require.Empty(t, caught(m, structural), "without a wrong bit")

	all := messageBits(read(w.Suite, m))
	for field, list := range recordBits(m) {
		all[field] = append(all[field], list...)
	}
	tried := 0
	for _, field := range sortedKeys(all) {
		by, missed := map[string]bool{}, 0
		for i, b := range all[field] {
			c := copyOf(m, -1)
			for r := range c.Records {
				if s, ok := c.Records[r].(transcript.Sent); ok {
					s.Bytes, s.Opened.Plain = slices.Clone(s.Bytes), slices.Clone(s.Opened.Plain)
					c.Records[r] = s
				}
			}
			b.flip(c)
			tried++
			names := structural
			found := caught(c, names)
			if len(found) == 0 {
				missed++
				if alone[field] == "" {
					t.Errorf("%s: wrong bit %d is noticed by nobody", field, i)
				}
			}
			for _, name := range found {
				by[name] = true
			}
		}
		switch {
		case alone[field] != "":
			t.Logf("%-36s nobody can: %s", field, alone[field])
		default:
			t.Logf("%-36s %s", field, strings.Join(sortedKeys(by), ", "))
		}
	}
	t.Log(tried, "wrong bits in", len(all), "fields")
}
