package transcript

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"

	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/suite"
)

// JSONReader reads JSON lines. It keeps one line in memory, at most 12 MiB, and what
// it returns is the caller's. It is not safe for concurrent use.
type JSONReader struct {
	r      *bufio.Reader
	t      *tally
	header Header
	names  *namer
	next   int64 // offset of the next line
	buf    []byte
	object object // used again
	place
}

// NewJSONReader reads the header of a transcript in JSON lines. The error is an
// *Error if the transcript is at fault.
func NewJSONReader(r io.Reader) (*JSONReader, error) {
	t := &JSONReader{r: bufio.NewReaderSize(r, bufferSize), place: place{form: formJSON}}
	line, err := t.read()
	if err != nil {
		return nil, err
	}
	var o object
	err = scan(line, headerTable, &o)
	if o.has("version") && o.num("version") != Version {
		return nil, t.fail(fmt.Sprintf("version %d, only %d is known", o.num("version"), Version), nil)
	}
	if err == nil {
		t.header, err = o.header()
	}
	if err == nil {
		t.t, err = begin(t.header)
	}
	if err != nil {
		return nil, t.fail("header", err)
	}
	t.names = newNamer(t.header)
	return t, nil
}

// read takes a line, without its end. Memory grows with what comes.
func (t *JSONReader) read() ([]byte, error) {
	t.offset = t.next
	t.buf = t.buf[:0]
	for {
		part, err := t.r.ReadSlice('\n')
		t.next += int64(len(part))
		if len(t.buf)+len(part) > maxLine {
			return nil, t.fail(fmt.Sprintf("a line of more than %d bytes", maxLine), nil)
		}
		if err == nil && len(t.buf) == 0 {
			return part[:len(part)-1], nil // lies in the buffer of the reader until the next read
		}
		t.buf = append(t.buf, part...)
		if err == nil {
			return t.buf[:len(t.buf)-1], nil
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return nil, t.broken(err)
		}
	}
}

func (o *object) header() (h Header, err error) {
	if err := o.complete(); err != nil {
		return h, err
	}
	if name := o.word("transcript"); name != "cowpi" {
		return h, fmt.Errorf("this is no transcript of CoWPI, but of %q", name)
	}
	h = Header{SuiteID: uint16(o.num("suiteid")), Suite: o.word("suite"), Timed: o.flag("timed")}
	for i := range o.value("providers").objects {
		p := &o.value("providers").objects[i]
		if err := p.complete(); err != nil {
			return h, err
		}
		h.Providers = append(h.Providers, p.party("id"))
	}
	return h, nil
}

// complete demands all members of the table.
func (o *object) complete() error {
	if name := o.lacks(1<<len(o.table.specs) - 1); name != "" {
		return fmt.Errorf("member %q is not there", name)
	}
	return nil
}

func (o *object) id(name string) identity.ID { return identity.ID(o.word(name)) }

// party takes an id from one member and its key from the member key.
func (o *object) party(id string) identity.Party {
	p := identity.Party{ID: o.id(id)}
	o.fixed("key", p.Key[:])
	return p
}

func (o *object) ids(name string) (out []identity.ID) {
	for _, id := range o.value(name).list {
		out = append(out, identity.ID(id))
	}
	return out
}

// Header implements Source.
func (t *JSONReader) Header() Header { return t.header }

// Next implements Source.
func (t *JSONReader) Next() (Record, error) {
	if t.err != nil {
		return nil, t.err
	}
	t.record++
	line, err := t.read()
	if err != nil {
		return nil, err
	}
	o := &t.object
	if err = scan(line, lineTable, o); err == nil {
		err = o.fits()
	}
	if err != nil {
		return nil, t.fail("record", err)
	}
	if o.word("type") == "end" {
		return nil, t.end(o)
	}
	r, err := o.record()
	if err == nil {
		err = t.t.add(r)
	}
	if err == nil {
		t.names.note(r)
		err = t.agree(o, r)
	}
	if err != nil {
		return nil, t.fail("record", err)
	}
	return r, nil
}

// agree demands that what is said in words is what the bytes say.
func (t *JSONReader) agree(o *object, r Record) error {
	if s, ok := r.(Sent); ok && o.set&lineTable.mask(derived...) != 0 {
		w := t.names.words(&s)
		if name := w.differs(o); name != "" {
			return fmt.Errorf("member %q is not what the message says", name)
		}
	}
	return nil
}

func (t *JSONReader) end(o *object) error {
	want := t.t.end()
	var got suite.Hash
	o.fixed("digest", got[:])
	if o.num("records") != t.t.count || got != want {
		return t.fail("the end does not fit what is before it: something was cut, added or changed", nil)
	}
	t.offset = t.next
	t.err = t.over(t.r)
	return t.err
}

// fits demands just the members that the type of the line has.
func (o *object) fits() error {
	if !o.has("type") {
		return errors.New(`member "type" is not there`)
	}
	s, ok := shapes[o.word("type")]
	if !ok {
		return fmt.Errorf("type %q is unknown", o.word("type"))
	}
	switch {
	case o.lacks(s.need) != "":
	case o.word("type") == "sent":
		k, err := o.named("kind", kindNames[:])
		if err != nil {
			return err
		}
		s = sentShapes[k]
	case o.word("type") == "saw":
		w, err := o.named("what", whatNames[:])
		if err != nil {
			return err
		}
		s = sawShapes[w]
	}
	if name := o.lacks(s.need); name != "" {
		return fmt.Errorf("member %q is not there", name)
	}
	if name := o.others(s.may); name != "" {
		return fmt.Errorf("member %q has no place here", name)
	}
	return nil
}

// named is the number of a word in a list of them. The word "" is none.
func (o *object) named(name string, names []string) (int, error) {
	word := o.word(name)
	i := slices.Index(names, word)
	if i < 0 || word == "" {
		return 0, fmt.Errorf("%s %q is unknown", name, word)
	}
	return i, nil
}

// toServer reads the direction.
func (o *object) toServer() (bool, error) {
	i, err := o.named("to", []string{"client", "server"})
	return i == 1, err
}

// record is what a line says; it fits.
func (o *object) record() (Record, error) {
	conn := o.num("connection")
	switch o.word("type") {
	case "registered":
		return Registered{o.id("provider"), o.party("user")}, nil
	case "connected":
		return Connected{conn, o.id("client"), o.id("server")}, nil
	case "closed":
		return Closed{conn}, nil
	case "sent":
		to, err := o.toServer()
		kind, _ := o.named("kind", kindNames[:])
		return Sent{conn, to, o.bytes("bytes"), Opened{Kind(kind), o.bytes("plain"), o.bytes("inner")}}, err
	case "delivered":
		to, err := o.toServer()
		return Delivered{conn, to}, err
	case "crashed":
		return Crashed{o.id("node")}, nil
	case "saved":
		return Saved{o.id("node")}, nil
	case "restored":
		return Restored{o.id("node")}, nil
	case "clock":
		return Clock{o.num("now")}, nil
	default: // saw
		return o.saw()
	}
}

func (o *object) saw() (s Saw, err error) {
	what, _ := o.named("what", whatNames[:])
	s = Saw{Who: o.id("who"), Number: o.num("number"), What: What(what), Index: o.num("index"), Epoch: uint32(o.num("epoch")),
		Party: o.id("party"), UpTo: o.num("upto"), Added: o.ids("added"), Removed: o.ids("removed"), Restarted: o.ids("restarted"),
		Reason: uint8(o.num("reason")), Code: o.word("code"), Check: o.word("check"), Error: o.word("error")}
	o.fixed("conversation", s.Sid[:])
	o.fixed("textid", s.ID[:])
	for i := range o.value("members").objects {
		m := &o.value("members").objects[i]
		if err := m.complete(); err != nil {
			return s, err
		}
		p := m.party("id")
		s.Members = append(s.Members, Member{p.ID, p.Key, uint32(m.num("joined"))})
	}
	if s.What == Text {
		s.Text, err = o.text()
	}
	return s, err
}

// text is in one of two members, and which one is not free.
func (o *object) text() ([]byte, error) {
	if o.has("text") == o.has("texthex") {
		return nil, errors.New(`one of the members "text" and "texthex" wanted`)
	}
	if o.has("text") {
		if raw := o.value("text").raw; len(raw) > 0 {
			return bytes.Clone(raw), nil
		}
		return nil, nil
	}
	b := o.bytes("texthex")
	if isText(b) {
		return nil, errors.New(`what is in "texthex" is UTF-8 and belongs into "text"`)
	}
	return b, nil
}
