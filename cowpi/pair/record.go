package pair

import (
	"encoding/binary"

	"cowpi.example/cowpi/suite"
	"cowpi.example/cowpi/wire"
)

// recordVersion is the first byte of both records.
const recordVersion = 1

// AppendRecord appends the sending half as it is stored, at most 125 bytes:
//
//	version 1 | theirs: kind 1, id 8, Y 32, used 1 | chain: kind 1, id 8, X 32, CK 32, n 4, floor 4, accepted 1
//
// where a kind of 0 ends what there is of theirs, or of the chain. It is a
// secret. SPEC.md, section 7.4.
func (s Send) AppendRecord(b []byte) []byte {
	b = append(b, recordVersion, byte(s.Theirs.Ref.Kind))
	if s.Theirs.Ref.Kind != None {
		b = append(b, s.Theirs.Ref.ID[:]...)
		b = append(b, s.Theirs.Y[:]...)
		b = appendBool(b, s.Theirs.Used)
	}
	c := &s.Chain
	b = append(b, byte(c.Ref.Kind))
	if c.Ref.Kind != None {
		b = append(b, c.Ref.ID[:]...)
		b = append(b, c.X[:]...)
		b = append(b, c.CK[:]...)
		b = binary.BigEndian.AppendUint32(b, c.N)
		b = binary.BigEndian.AppendUint32(b, c.Floor)
		b = appendBool(b, c.Accepted)
	}
	return b
}

// ParseSend reads a sending half. It accepts only what AppendRecord writes for a
// state that Seal, Open and Confirm can leave. The error is evidence under W1.
func ParseSend(b []byte) (Send, error) {
	r := wire.NewReader("pair sending record", b)
	r.Version(recordVersion)
	var s Send
	if s.Theirs.Ref = readRef(r, "theirs"); s.Theirs.Ref.Kind != None {
		s.Theirs.Y = wire.Array32[suite.Point](r, "theirs Y")
		s.Theirs.Used = r.Bool("theirs used")
	}
	c := &s.Chain
	if c.Ref = readRef(r, "chain"); c.Ref.Kind != None {
		c.X = wire.Array32[suite.Point](r, "chain X")
		c.CK = wire.Array32[suite.Key](r, "chain CK")
		c.N = r.U32("chain n")
		c.Floor = r.U32("chain floor")
		c.Accepted = r.Bool("chain accepted")
		switch {
		case c.N == 0 || c.Floor > c.N || c.N-c.Floor > MaxSkip:
			r.Fail("chain n", "%d with floor %d", c.N, c.Floor)
		case c.Accepted != (c.Floor > 0):
			r.Fail("chain floor", "%d, accepted %t", c.Floor, c.Accepted)
		case s.Theirs.Ref.Kind == None:
			r.Fail("chain", "without a key of the peer")
		}
	}
	if s.Theirs.Used && s.Theirs.Ref != c.Ref {
		r.Fail("theirs used", "by no chain")
	}
	if err := r.Done(); err != nil {
		return Send{}, err
	}
	return s, nil
}

// AppendRecord appends the receiving half as it is stored, at most 371 bytes:
//
//	version 1 | chain: kind 1, id 8, X 32, CK 32, n 4 | count 1 | keys: kind 1, id 8, esk 32, Y 32
//
// where a kind of 0 stands for no chain. It is a secret. SPEC.md, section 7.4.
func (r Receive) AppendRecord(b []byte) []byte {
	c := &r.Chain
	b = append(b, recordVersion, byte(c.Ref.Kind))
	if c.Ref.Kind != None {
		b = append(b, c.Ref.ID[:]...)
		b = append(b, c.X[:]...)
		b = append(b, c.CK[:]...)
		b = binary.BigEndian.AppendUint32(b, c.N)
	}
	n := r.Held()
	b = append(b, byte(n))
	for i := range r.Mine[:n] {
		own := &r.Mine[i]
		b = append(b, byte(own.Ref.Kind))
		b = append(b, own.Ref.ID[:]...)
		b = append(b, own.ESK[:]...)
		b = append(b, own.Y[:]...)
	}
	return b
}

// ParseReceive reads a receiving half. It accepts only what AppendRecord writes
// for a state that Seal and Open can leave. The error is evidence under W1.
func ParseReceive(b []byte) (Receive, error) {
	r := wire.NewReader("pair receiving record", b)
	r.Version(recordVersion)
	var v Receive
	if v.Chain.Ref = readRef(r, "chain"); v.Chain.Ref.Kind != None {
		v.Chain.X = wire.Array32[suite.Point](r, "chain X")
		v.Chain.CK = wire.Array32[suite.Key](r, "chain CK")
		if v.Chain.N = r.U32("chain n"); v.Chain.N == 0 {
			r.Fail("chain n", "0: nothing was opened")
		}
	}
	n := int(r.U8("keys"))
	if n > MaxMine {
		r.Fail("keys", "%d, at most %d allowed", n, MaxMine)
	}
	prekeys := 0
	for i := 0; i < n && !r.Failed(); i++ {
		own := Own{Ref: readRef(r, "key")}
		own.ESK = wire.Array32[suite.Coin](r, "key esk")
		own.Y = wire.Array32[suite.Point](r, "key Y")
		if own.Ref.Kind == Prekey {
			prekeys++
		}
		switch {
		case own.Ref.Kind == None:
			r.Fail("key", "of no kind")
		case v.Holds(own.Ref):
			r.Fail("key", "%x twice", own.Ref.ID)
		case prekeys > 1 || i+1-prekeys > MaxSessions:
			r.Fail("key", "too many of kind %d", own.Ref.Kind)
		}
		v.Mine[i] = own
	}
	if err := r.Done(); err != nil {
		return Receive{}, err
	}
	return v, nil
}

// readRef reads a kind, and the id behind it unless the kind is None.
func readRef(r *wire.Reader, field string) Ref {
	kind := Kind(r.U8(field))
	switch {
	case kind > Session:
		r.Fail(field, "kind %d", kind)
	case kind != None:
		return Ref{kind, wire.Array8[KeyID](r, field)}
	}
	return Ref{}
}

func appendBool(b []byte, v bool) []byte {
	if v {
		return append(b, 1)
	}
	return append(b, 0)
}
