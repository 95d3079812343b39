package transcript

import (
	"fmt"
	"slices"
	"strings"

	"cowpi.example/cowpi/content"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/suite"
	"cowpi.example/cowpi/wire"
)

// Bounds on what one record holds.
const (
	maxName    = 64
	maxBytes   = 1 << 21 // bytes of a message, and each part of what is in it
	maxText    = 1 << 16
	maxWords   = 1 << 12
	maxMembers = 1024
)

func (h Header) check() error {
	switch {
	case len(h.Suite) > maxName:
		return fmt.Errorf("transcript: a suite's name of %d bytes", len(h.Suite))
	case len(h.Providers) > identity.MaxProviders:
		return fmt.Errorf("transcript: %d providers, at most %d allowed", len(h.Providers), identity.MaxProviders)
	}
	for _, p := range h.Providers {
		if !p.ID.Valid() {
			return fmt.Errorf("transcript: provider id %q is not valid", p.ID)
		}
	}
	return nil
}

func encodeHeader(h Header) []byte {
	w := wire.NewWriter(256).U16(h.SuiteID).Field([]byte(h.Suite)).Bool(h.Timed).Count(len(h.Providers))
	for _, p := range h.Providers {
		putParty(w, p)
	}
	return w.Bytes()
}

func decodeHeader(b []byte) (Header, error) {
	r := wire.NewReader("header", b)
	h := Header{SuiteID: r.U16("suite"), Suite: string(r.Bytes("suite name", maxName)), Timed: r.Bool("timed")}
	for range r.Count("providers", identity.MaxProviders, 34) {
		h.Providers = append(h.Providers, readParty(r))
	}
	return h, r.Done()
}

// putID writes a name; "" where nobody can be named.
func putID(w *wire.Writer, id identity.ID) { w.U8(uint8(len(id))).Fixed([]byte(id)) }

func readID(r *wire.Reader, field string, optional bool) identity.ID {
	id := identity.ID(r.Take(field, int(r.U8(field))))
	if !r.Failed() && !id.Valid() && (!optional || id != "") {
		r.Fail(field, "%q is not a valid id", id)
	}
	return id
}

func putIDs(w *wire.Writer, ids []identity.ID) {
	w.Count(len(ids))
	for _, id := range ids {
		putID(w, id)
	}
}

func readIDs(r *wire.Reader, field string) (out []identity.ID) {
	for range r.Count(field, maxMembers, 2) {
		out = append(out, readID(r, field, false))
	}
	return out
}

func putParty(w *wire.Writer, p identity.Party) { putID(w, p.ID); w.Fixed(p.Key[:]) }

func readParty(r *wire.Reader) identity.Party {
	return identity.Party{ID: readID(r, "id", false), Key: wire.Array32[suite.Point](r, "key")}
}

// encode is canonical: one record, one encoding. What decode would refuse, it
// refuses too.
func encode(r Record, timed bool) ([]byte, error) {
	w := wire.NewWriter(64)
	switch r := r.(type) {
	case Registered:
		putID(w, r.Provider)
		putParty(w, r.User)
	case Connected:
		w.U64(r.Conn)
		putID(w, r.Client)
		putID(w, r.Server)
	case Closed:
		w.U64(r.Conn)
	case Sent:
		w = wire.NewWriter(64 + len(r.Bytes) + len(r.Opened.Plain) + len(r.Opened.Inner))
		w.U64(r.Conn).Bool(r.ToServer).Field(r.Bytes).U8(uint8(r.Opened.Kind)).Field(r.Opened.Plain).Field(r.Opened.Inner)
	case Delivered:
		w.U64(r.Conn).Bool(r.ToServer)
	case Crashed:
		putID(w, r.Node)
	case Clock:
		w.U64(r.Now)
	case Saw:
		encodeSaw(w, r)
	default:
		return nil, fmt.Errorf("transcript: %T is no record", r)
	}
	if err := check(r, timed); err != nil {
		return nil, fmt.Errorf("transcript: %w", err)
	}
	return w.Bytes(), nil
}

func encodeSaw(w *wire.Writer, s Saw) {
	putID(w, s.Who)
	w.U64(s.Number).U8(uint8(s.What)).Fixed(s.Sid[:]).U64(s.Index).U32(s.Epoch)
	putID(w, s.Party)
	w.U64(s.UpTo).Fixed(s.ID[:]).Field(s.Text).Count(len(s.Members))
	for _, m := range s.Members {
		putID(w, m.ID)
		w.Fixed(m.Key[:]).U32(m.Joined)
	}
	putIDs(w, s.Added)
	putIDs(w, s.Removed)
	putIDs(w, s.Restarted)
	w.U8(s.Reason).Field([]byte(s.Code)).Field([]byte(s.Check)).Field([]byte(s.Error))
}

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
		out = Sent{r.U64("connection"), r.Bool("direction"), field(r, "bytes", maxBytes),
			Opened{Kind(r.U8("kind")), field(r, "plain", maxBytes), field(r, "inner", maxBytes)}}
	case tagDelivered:
		out = Delivered{r.U64("connection"), r.Bool("direction")}
	case tagCrashed:
		out = Crashed{readID(r, "node", false)}
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
	return out, check(out, timed)
}

// field is Bytes, but nil where nothing is: one value in memory for one encoding.
func field(r *wire.Reader, name string, max int) []byte {
	if b := r.Bytes(name, max); len(b) > 0 {
		return b
	}
	return nil
}

func decodeSaw(r *wire.Reader) Saw {
	s := Saw{Who: readID(r, "who", false), Number: r.U64("number"), What: What(r.U8("what")),
		Sid: wire.Array32[suite.Hash](r, "sid"), Index: r.U64("index"), Epoch: r.U32("epoch"),
		Party: readID(r, "party", true), UpTo: r.U64("up to"), ID: wire.Array16[content.TextID](r, "text id"),
		Text: field(r, "text", maxText)}
	for range r.Count("members", maxMembers, 38) {
		s.Members = append(s.Members, Member{readID(r, "member", false), wire.Array32[suite.Point](r, "key"), r.U32("joined")})
	}
	s.Added, s.Removed, s.Restarted = readIDs(r, "added"), readIDs(r, "removed"), readIDs(r, "restarted")
	s.Reason = r.U8("reason")
	s.Code, s.Check, s.Error = string(r.Bytes("code", maxName)), string(r.Bytes("check", maxName)), string(r.Bytes("error", maxWords))
	return s
}

// check refuses records that say something impossible, or set a field that does
// not count: such a field would be a place to hide something.
func check(r Record, timed bool) error {
	switch r := r.(type) {
	case Sent:
		return r.check()
	case Saw:
		return r.check()
	case Clock:
		if !timed {
			return fmt.Errorf("a time in a transcript that is not timed")
		}
	case Registered:
		return valid(r.Provider, r.User.ID)
	case Connected:
		return valid(r.Client, r.Server)
	case Crashed:
		return valid(r.Node)
	}
	return nil
}

func valid(ids ...identity.ID) error {
	for _, id := range ids {
		if !id.Valid() {
			return fmt.Errorf("%q is not a valid id", id)
		}
	}
	return nil
}

func (s Sent) check() error {
	o := s.Opened
	switch {
	case len(s.Bytes) == 0 || max(len(s.Bytes), len(o.Plain), len(o.Inner)) > maxBytes:
		return fmt.Errorf("a message of %d bytes, 1 to %d allowed", len(s.Bytes), maxBytes)
	case o.Kind > Renewal:
		return fmt.Errorf("kind %d is unknown", o.Kind)
	case (o.Kind == Dark || o.Kind == Hello) && o.Plain != nil, o.Kind != Renewal && o.Inner != nil:
		return fmt.Errorf("something is opened in a message of kind %d", o.Kind)
	}
	return nil
}

// uses lists which optional fields of Saw count for each kind of event.
var uses = [...]string{Text: "epoch party id text", Repeat: "epoch party id", Unreadable: "epoch party",
	Roster: "epoch party members", Ack: "party upto", PeerStopped: "party upto", Ended: "epoch reason error", Fault: "party error"}

func (s Saw) check() error {
	if s.What < Text || s.What > Fault {
		return fmt.Errorf("event of kind %d is unknown", s.What)
	}
	if len(s.Text) > maxText || len(s.Error) > maxWords || len(s.Code) > maxName || len(s.Check) > maxName {
		return fmt.Errorf("an event's text is too long")
	}
	if max(len(s.Members), len(s.Added), len(s.Removed), len(s.Restarted)) > maxMembers {
		return fmt.Errorf("more than %d members", maxMembers)
	}
	if err := valid(slices.Concat([]identity.ID{s.Who}, s.Added, s.Removed, s.Restarted)...); err != nil {
		return err
	}
	for name, set := range map[string]bool{
		"epoch": s.Epoch != 0, "party": s.Party != "", "upto": s.UpTo != 0, "id": s.ID != content.TextID{}, "text": s.Text != nil,
		"members": len(s.Members)+len(s.Added)+len(s.Removed)+len(s.Restarted) > 0, "reason": s.Reason != 0 || s.Code != "",
		"error": s.Check != "" || s.Error != ""} {
		if set && !slices.Contains(fieldsOf[s.What], name) {
			return fmt.Errorf("an event of kind %d has no %s", s.What, name)
		}
	}
	return nil
}

var fieldsOf = func() (out [len(uses)][]string) {
	for what, names := range uses {
		out[what] = strings.Fields(names)
	}
	return out
}()
