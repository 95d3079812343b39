package cowpitest

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi"
	"cowpi.example/cowpi/provider"
	"cowpi.example/cowpi/store"
	"cowpi.example/cowpi/suite"
)

// recording is a conversation that was recorded from a certain point on, and the
// stores of all nodes at that point: what the fuzz targets of the machines start
// from. A machine that is made over such a store goes on just as it did when it
// was recorded, so the recorded messages still fit.
type recording struct {
	*Net
	*Recorder
	sid    suite.Hash
	stores map[string]*store.Memory
}

// recorded plays a conversation in which all kinds of messages occur.
func recorded(t testing.TB, s suite.Suite) *recording {
	rec := NewRecorder(s)
	n, err := New(Options{Seed: 77, Suite: rec, Tap: rec, Users: []string{"alice", "bob", "charlie", "dave"},
		Providers: 2, Policy: cowpi.Policy{Stock: 12, Floor: 8}, Limits: provider.Limits{LowStock: 8}})
	require.NoError(t, err)
	r := &recording{Net: n, Recorder: rec, stores: map[string]*store.Memory{}}
	settle := func() { t.Helper(); require.NoError(t, n.Settle()) }
	do := func(who string, in cowpi.Input) {
		t.Helper()
		_, err := n.Do(who, in)
		require.NoError(t, err)
		settle()
	}
	settle()
	r.sid = create(t, n, "alice", "bob", "charlie")
	for _, who := range []string{"alice", "bob", "charlie"} {
		do(who, cowpi.Send{Sid: r.sid, Text: []byte("hello from " + who)})
	}
	n.SetOffline("bob", true)
	settle()
	for _, u := range n.Users {
		r.stores[string(u.Self.ID)] = u.Store.Clone()
	}
	for _, p := range n.Providers {
		r.stores[p.name()] = p.Store.Clone()
	}
	rec.On = true
	say(t, n, "alice", r.sid, "one")
	do("charlie", cowpi.Send{Sid: r.sid, Text: []byte("two")})
	do("alice", cowpi.Update{Sid: r.sid, Add: ids("dave")})
	do("dave", cowpi.Send{Sid: r.sid, Text: []byte("three")})
	do("charlie", cowpi.Update{Sid: r.sid, Restart: ids("bob")})
	create(t, n, "alice", "bob", "dave")
	do("dave", cowpi.ReplaceStock{})
	do("dave", cowpi.Create{With: ids("nobody")}) // fails
	n.SetOffline("bob", false)
	settle()
	do("bob", cowpi.Update{Sid: r.sid, Remove: ids("charlie")})
	do("bob", cowpi.Send{Sid: r.sid, Text: []byte("four")})
	do("dave", cowpi.Leave{Sid: r.sid})
	rec.On = false
	return r
}

// A recording follows from its seed alone, down to the last byte: it must not
// depend on how busy the machine is, or the committed programs would no longer mean
// what they meant. Which of two texts under way comes first is up to the schedule,
// so nothing here expects an order that it was not told.
func TestRecordingsAreTheSame(t *testing.T) {
	first := cheapRecording()
	for _, cores := range []int{1, 4} {
		before := runtime.GOMAXPROCS(cores)
		again := recorded(t, Cheap)
		runtime.GOMAXPROCS(before)
		require.Equal(t, first.Frames, again.Frames)
		for name, stored := range first.stores {
			require.Equal(t, stored, again.stores[name], name)
		}
	}
}

var cheapRecording = sync.OnceValue(func() *recording { return recorded(panics{}, Cheap) })

// panics is what reports a failure where no test is at hand.
type panics struct{ testing.TB }

func (panics) Helper()                        {}
func (panics) Errorf(format string, a ...any) { panic(fmt.Sprintf(format, a...)) }
func (panics) FailNow()                       { panic("recording failed") }

// fingerprint is a hash of everything that can be reached from a value, what is
// not exported too. Functions and channels count as what they are, not what they do.
func fingerprint(v any) [32]byte {
	h := sha256.New()
	print1(h, reflect.ValueOf(v), map[uintptr]bool{})
	return [32]byte(h.Sum(nil))
}

func print1(h hash.Hash, v reflect.Value, on map[uintptr]bool) {
	fmt.Fprintf(h, "%d:", v.Kind())
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() || on[v.Pointer()] {
			return
		}
		if v.Type() == reflect.TypeFor[*counting]() { // counts what machines do, and is no part of them
			return
		}
		on[v.Pointer()] = true
		print1(h, v.Elem(), on)
		delete(on, v.Pointer())
	case reflect.Interface:
		if !v.IsNil() {
			fmt.Fprint(h, v.Elem().Type())
			print1(h, v.Elem(), on)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).Type.String() == "*map[suite.Hash]*conversation.Roster" {
				continue // what a keeper remembers of its store
			}
			print1(h, v.Field(i), on)
		}
	case reflect.Slice, reflect.Array:
		fmt.Fprintf(h, "%d,", v.Len())
		if v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Uint8 {
			h.Write(v.Bytes())
			return
		}
		for i := range v.Len() {
			print1(h, v.Index(i), on)
		}
	case reflect.Map:
		var all []string
		for it := v.MapRange(); it.Next(); {
			sub := sha256.New()
			print1(sub, it.Key(), on)
			print1(sub, it.Value(), on)
			all = append(all, string(sub.Sum(nil)))
		}
		slices.Sort(all)
		fmt.Fprint(h, strings.Join(all, ""))
	case reflect.Bool:
		fmt.Fprint(h, v.Bool())
	case reflect.String:
		fmt.Fprintf(h, "%q", v.String())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		fmt.Fprint(h, v.Int())
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		fmt.Fprint(h, v.Uint())
	case reflect.Func, reflect.Chan:
		fmt.Fprint(h, v.IsNil())
	default:
		fmt.Fprint(h, v.Kind())
	}
}

// The fingerprint must see what it is there for.
func TestFingerprintSeesChanges(t *testing.T) {
	type inner struct{ list [][]byte }
	type outer struct {
		m map[string]*inner
		i any
	}
	v := outer{m: map[string]*inner{"a": {[][]byte{{1}}}, "b": {}}, i: uint8(3)}
	a := fingerprint(&v)
	require.Equal(t, a, fingerprint(&v))
	v.m["a"].list[0][0] = 2
	b := fingerprint(&v)
	require.NotEqual(t, a, b)
	v.i = uint16(3)
	require.NotEqual(t, b, fingerprint(&v))
}

// program reads a fuzz input as a list of instructions.
type program struct {
	rest  []byte
	steps int
}

func (p *program) more() bool {
	p.steps++
	return len(p.rest) > 0 && p.steps <= 200
}

func (p *program) u8() int {
	if len(p.rest) == 0 {
		return 0
	}
	b := p.rest[0]
	p.rest = p.rest[1:]
	return int(b)
}

func (p *program) u16() int { return p.u8()<<8 | p.u8() }

func (p *program) take() []byte {
	n := min(p.u16(), len(p.rest))
	b := p.rest[:n]
	p.rest = p.rest[n:]
	return b
}

// change returns a copy of a message that differs in one byte.
func (p *program) change(m []byte) []byte {
	at, x := p.u16(), p.u8()
	if len(m) == 0 {
		return m
	}
	m = slices.Clone(m)
	m[at%len(m)] ^= byte(x)
	return m
}

// Assembly of programs, for the seeds.
func op(code int, args ...any) []byte {
	b := []byte{byte(code)}
	for _, a := range args {
		switch a := a.(type) {
		case int:
			b = append(b, byte(a))
		case uint16:
			b = binary.BigEndian.AppendUint16(b, a)
		case []byte:
			b = append(binary.BigEndian.AppendUint16(b, uint16(len(a))), a...)
		}
	}
	return b
}

func prog(ops ...[]byte) []byte { return slices.Concat(ops...) }
