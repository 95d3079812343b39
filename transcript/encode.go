package transcript

import (
	"encoding/binary"
	"fmt"

	"cowpi.example/cowpi/content"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/suite"
	"cowpi.example/cowpi/wire"
)

// The append functions rely on what check and Header.check have bounded.

func appendField[T ~[]byte | ~string](b []byte, v T) []byte {
	return append(binary.BigEndian.AppendUint32(b, uint32(len(v))), v...)
}

// appendID writes a name; "" where nobody can be named.
func appendID(b []byte, id identity.ID) []byte { return append(append(b, uint8(len(id))), id...) }

func appendIDs(b []byte, ids []identity.ID) []byte {
	b = binary.BigEndian.AppendUint16(b, uint16(len(ids)))
	for _, id := range ids {
		b = appendID(b, id)
	}
	return b
}

func appendBool(b []byte, v bool) []byte {
	if v {
		return append(b, 1)
	}
	return append(b, 0)
}

func appendParty(b []byte, p identity.Party) []byte { return append(appendID(b, p.ID), p.Key[:]...) }

// seal puts the length of a frame into the four bytes that were left for it.
func seal(b []byte, start int) []byte {
	binary.BigEndian.PutUint32(b[start:], uint32(len(b)-start-4))
	return b
}

// appendHeader appends the header's frame; the header was checked.
func appendHeader(b []byte, h Header) []byte {
	start := len(b)
	b = append(b, 0, 0, 0, 0, Version)
	b = binary.BigEndian.AppendUint16(b, h.SuiteID)
	b = appendBool(appendField(b, h.Suite), h.Timed)
	b = binary.BigEndian.AppendUint16(b, uint16(len(h.Providers)))
	for _, p := range h.Providers {
		b = appendParty(b, p)
	}
	return seal(b, start)
}

func decodeHeader(b []byte) (Header, error) {
	r := wire.NewReader("header", b)
	h := Header{SuiteID: r.U16("suite"), Suite: string(r.Bytes("suite name", maxName)), Timed: r.Bool("timed")}
	for range r.Count("providers", identity.MaxProviders, 34) {
		h.Providers = append(h.Providers, readParty(r))
	}
	if err := r.Done(); err != nil {
		return h, err
	}
	return h, h.check()
}

// appendRecord appends the frame of a record. It is canonical: one record, one
// encoding. What decode would refuse, it refuses too, before it writes.
func appendRecord(b []byte, r Record, timed bool) ([]byte, error) {
	if err := check(r, timed); err != nil {
		return nil, err
	}
	start := len(b)
	b = append(b, 0, 0, 0, 0, r.tag())
	switch r := r.(type) {
	case Registered:
		b = appendParty(appendID(b, r.Provider), r.User)
	case Connected:
		b = appendID(appendID(binary.BigEndian.AppendUint64(b, r.Conn), r.Client), r.Server)
	case Closed:
		b = binary.BigEndian.AppendUint64(b, r.Conn)
	case Sent:
		b = appendBool(binary.BigEndian.AppendUint64(b, r.Conn), r.ToServer)
		b = append(appendField(b, r.Bytes), byte(r.Opened.Kind))
		b = appendField(appendField(b, r.Opened.Plain), r.Opened.Inner)
	case Delivered:
		b = appendBool(binary.BigEndian.AppendUint64(b, r.Conn), r.ToServer)
	case Crashed:
		b = appendID(b, r.Node)
	case Saved:
		b = appendID(b, r.Node)
	case Restored:
		b = appendID(b, r.Node)
	case Clock:
		b = binary.BigEndian.AppendUint64(b, r.Now)
	case Saw:
		b = appendSaw(b, &r)
	}
	return seal(b, start), nil
}

func appendSaw(b []byte, s *Saw) []byte {
	b = binary.BigEndian.AppendUint64(appendID(b, s.Who), s.Number)
	b = append(append(b, byte(s.What)), s.Sid[:]...)
	b = binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint64(b, s.Index), s.Epoch)
	b = binary.BigEndian.AppendUint64(appendID(b, s.Party), s.UpTo)
	b = appendField(append(b, s.ID[:]...), s.Text)
	b = binary.BigEndian.AppendUint16(b, uint16(len(s.Members)))
	for _, m := range s.Members {
		b = append(appendID(b, m.ID), m.Key[:]...)
		b = binary.BigEndian.AppendUint32(b, m.Joined)
	}
	b = appendIDs(appendIDs(appendIDs(b, s.Added), s.Removed), s.Restarted)
	b = appendField(append(b, s.Reason), s.Code)
	return appendField(appendField(b, s.Check), s.Error)
}

func readID(r *wire.Reader, field string, optional bool) identity.ID {
	id := identity.ID(r.Take(field, int(r.U8(field))))
	if !r.Failed() && !id.Valid() && (!optional || id != "") {
		r.Fail(field, "%q is not a valid id", id)
	}
	return id
}

func readIDs(r *wire.Reader, field string) (out []identity.ID) {
	for range r.Count(field, maxMembers, 2) {
		out = append(out, readID(r, field, false))
	}
	return out
}

func readParty(r *wire.Reader) identity.Party {
	return identity.Party{ID: readID(r, "id", false), Key: wire.Array32[suite.Point](r, "key")}
}

// readField is Bytes, but nil where nothing is: one value in memory for one
// encoding.
func readField(r *wire.Reader, name string, max int) []byte {
	if b := r.Bytes(name, max); len(b) > 0 {
		return b
	}
	return nil
}

// decode reverses appendRecord, behind the length and the type.
func decode(tag byte, body []byte, timed bool) (Record, error) {
	r := wire.NewReader("record", body)
	var out Record
	switch tag {
	case tagRegistered:
		out = Registered{readID(r, "provider", false), readParty(r)}
	case tagConnected:
		out = Connected{r.U64("connection"), readID(r, "client", false), readID(r, "server", false)}
	case tagClosed:
		out = Closed{r.U64("connection")}
	case tagSent:
		out = Sent{r.U64("connection"), r.Bool("direction"), readField(r, "bytes", maxBytes),
			Opened{Kind(r.U8("kind")), readField(r, "plain", maxBytes), readField(r, "inner", maxBytes)}}
	case tagDelivered:
		out = Delivered{r.U64("connection"), r.Bool("direction")}
	case tagCrashed:
		out = Crashed{readID(r, "node", false)}
	case tagSaved:
		out = Saved{readID(r, "node", false)}
	case tagRestored:
		out = Restored{readID(r, "node", false)}
	case tagClock:
		out = Clock{r.U64("now")}
	case tagSaw:
		out = decodeSaw(r)
	default:
		return nil, fmt.Errorf("type %d is unknown", tag)
	}
	if err := r.Done(); err != nil {
		return nil, err
	}
	if err := check(out, timed); err != nil {
		return nil, err
	}
	return out, nil
}

func decodeSaw(r *wire.Reader) Saw {
	s := Saw{Who: readID(r, "who", false), Number: r.U64("number"), What: What(r.U8("what")),
		Sid: wire.Array32[suite.Hash](r, "sid"), Index: r.U64("index"), Epoch: r.U32("epoch"),
		Party: readID(r, "party", true), UpTo: r.U64("up to"), ID: wire.Array16[content.TextID](r, "text id"),
		Text: readField(r, "text", maxText)}
	for range r.Count("members", maxMembers, 38) {
		s.Members = append(s.Members, Member{readID(r, "member", false), wire.Array32[suite.Point](r, "key"), r.U32("joined")})
	}
	s.Added, s.Removed, s.Restarted = readIDs(r, "added"), readIDs(r, "removed"), readIDs(r, "restarted")
	s.Reason = r.U8("reason")
	s.Code, s.Check, s.Error = string(r.Bytes("code", codeDigits)), string(r.Bytes("check", maxName)), string(r.Bytes("error", maxWords))
	return s
}
