package cowpitest

import (
	"encoding/binary"
	"fmt"
	"reflect"
	"unsafe"

	"cowpi.example/cowpi"
	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/pair"
	"cowpi.example/cowpi/store"
	"cowpi.example/cowpi/suite"
	encoding "cowpi.example/cowpi/wire"
)

// What a participant's state holds, read from outside by the layout of SPEC.md, 7.4
// and 10.9, and by looking through its memory.

// secret is 32 bytes that nobody else may know.
type secret [suite.KeySize]byte

// holdings is all that a store holds that is secret, and what else the model of
// key lives has to know.
type holdings struct {
	where   map[string]secret // every secret, by what and where it is
	texts   map[suite.Hash][]string
	uploads map[suite.Hash]map[uint64]Held // unresolved, by serial
	left    map[suite.Hash]string          // first bytes of all keys of a conversation
	gone    map[suite.Hash]uint64          // conversations that we are out of: last index
	batch   uint32
	logged  uint64 // position of the hand-out log
}

// read reads the store of a participant.
func readHoldings(s suite.Suite, v store.View) (h holdings, err error) {
	h = holdings{where: map[string]secret{}, texts: map[suite.Hash][]string{}, uploads: map[suite.Hash]map[uint64]Held{},
		left: map[suite.Hash]string{}, gone: map[suite.Hash]uint64{}}
	_ = v.Scan(nil, nil, func(k, value []byte) bool {
		err = h.record(s, k, value)
		return err == nil
	})
	return h, err
}

func (h *holdings) record(s suite.Suite, k, value []byte) error {
	kind, rest := k[0], k[1:]
	switch kind {
	case 'M':
		h.batch, h.logged = binary.BigEndian.Uint32(value[17:]), binary.BigEndian.Uint64(value[25:])
		return nil
	case 'K':
		h.where[stockName(pair.KeyID(value[1:]))] = secret(value[9:])
		return nil
	case 'I', 'T', 'F':
		return nil
	case 'c':
		rest = rest[1:]
	}
	sid := suite.Hash(rest)
	rest = rest[len(sid):]
	if l := h.left[sid]; l == "" || l[len(l)-1] != kind {
		h.left[sid] += string(kind)
	}
	switch kind {
	case 'l':
		if value[1] == 3 {
			h.gone[sid] = binary.BigEndian.Uint64(value[7:])
		}
	case 'p', 'q':
		return h.half(recordName(k), rest[len(rest)-1], value)
	case 'o':
		h.texts[sid] = append(h.texts[sid], string(value[1+1+16+4:]))
	case 'b':
		r := encoding.NewReader("body", value[1:])
		d, err := conversation.Parse(s, r.Bytes("data", conversation.MaxDataBlock))
		if err != nil {
			return err
		}
		blocks, err := exchange.ReadBlocks(s, r)
		if err == nil {
			err = r.Done()
		}
		if h.uploads[sid] == nil {
			h.uploads[sid] = map[uint64]Held{}
		}
		h.uploads[sid][binary.BigEndian.Uint64(rest)] = Held{d, blocks}
		return err
	}
	return nil
}

func (h *holdings) half(where string, half byte, value []byte) error {
	if half == 's' {
		v, err := pair.ParseSend(value)
		if v.Chain.Ref.Kind != pair.None {
			h.where[chainName(where, "sending", v.Chain.X, v.Chain.N)] = secret(v.Chain.CK)
		}
		return err
	}
	v, err := pair.ParseReceive(value)
	if v.Chain.Ref.Kind != pair.None {
		h.where[chainName(where, "receiving", v.Chain.X, v.Chain.N)] = secret(v.Chain.CK)
	}
	for _, m := range v.Mine[:v.Held()] {
		h.where[mineName(where, m.Ref)] = secret(m.ESK)
	}
	return err
}

// memory is what a walk through the memory of a machine has found.
type memory struct {
	secrets map[secret][]string // by type: scalars, keys, coins; and where
	bytes   func(b []byte)      // is told of all bytes
	seen    map[unsafe.Pointer]bool
}

// walk looks through all that a machine refers to, but for its suite, which has
// no state.
func walk(machine *cowpi.Participant, bytes func([]byte)) map[secret][]string {
	m := memory{map[secret][]string{}, bytes, map[unsafe.Pointer]bool{}}
	m.visit(reflect.ValueOf(machine).Elem(), "")
	return m.secrets
}

var (
	suiteType   = reflect.TypeFor[suite.Suite]()
	secretTypes = []reflect.Type{reflect.TypeFor[suite.Scalar](), reflect.TypeFor[suite.Key](), reflect.TypeFor[suite.Coin](), reflect.TypeFor[suite.Seed]()}
)

// visit takes a value that can be addressed.
func (m *memory) visit(v reflect.Value, path string) {
	v = reflect.NewAt(v.Type(), unsafe.Pointer(v.UnsafeAddr())).Elem() // also what is not exported
	for _, t := range secretTypes {
		if v.Type() == t {
			if s := secret(v.Bytes()); s != (secret{}) {
				m.secrets[s] = append(m.secrets[s], path)
			}
		}
	}
	copied := func(x reflect.Value) reflect.Value {
		c := reflect.New(x.Type()).Elem()
		c.Set(x)
		return c
	}
	switch v.Kind() {
	case reflect.Pointer:
		if p := v.UnsafePointer(); p != nil && !m.seen[p] {
			m.seen[p] = true
			m.visit(v.Elem(), path)
		}
	case reflect.Interface:
		if v.Type() != suiteType && !v.IsNil() {
			m.visit(copied(v.Elem()), path+"("+v.Elem().Type().Name()+")")
		}
	case reflect.Struct:
		for i := range v.NumField() {
			m.visit(v.Field(i), path+"."+v.Type().Field(i).Name)
		}
	case reflect.Map:
		for it := v.MapRange(); it.Next(); {
			m.visit(copied(it.Key()), path+"[key]")
			m.visit(copied(it.Value()), path+"[]")
		}
	case reflect.String:
		m.bytes([]byte(v.String()))
	case reflect.Array, reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			m.bytes(v.Bytes())
			return
		}
		for i := range v.Len() {
			m.visit(v.Index(i), fmt.Sprintf("%s[%d]", path, i))
		}
	}
}
