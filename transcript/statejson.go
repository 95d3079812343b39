package transcript

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math"

	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/suite"
)

const formState = "message state"

// MaxMessageState bounds a message state in JSON, in bytes: that of a message to the
// largest group needs 3 MiB.
const MaxMessageState = 8 << 20

var (
	startTable = newTable(spec{name: "esk", form: formFixed, max: 32}, spec{name: "x", form: formFixed, max: 32},
		spec{name: "named", form: formFixed, max: 32})
	offeredTable = newTable(spec{name: "id", form: formFixed, max: 8}, spec{name: "esk", form: formFixed, max: 32},
		spec{name: "scalar", form: formFixed, max: 32})
	blockTable = newTable(
		spec{name: "to", form: formWord, max: maxName},
		spec{name: "at", form: formNumber, max: math.MaxUint32},
		spec{name: "chain", form: formFixed, max: 32},
		spec{name: "start", form: formObject, of: startTable},
		spec{name: "offered", form: formObject, of: offeredTable},
	)
	stateTable = newTable(
		spec{name: "author", form: formWord, max: maxName},
		spec{name: "upload", form: formHex, max: maxUpload},
		spec{name: "key", form: formFixed, max: 32},
		spec{name: "blocks", form: formObjects, max: exchange.MaxBlocks, of: blockTable},
		spec{name: "auths", form: formFixeds, max: identity.MaxProviders},
		spec{name: "setup", form: formHex, max: conversation.MaxDataBlock},
		spec{name: "roster", form: formHex, max: conversation.MaxDataBlock},
	)
)

// maxUpload bounds the upload of a message state; the largest one has a data block
// and 2,048 blocks of 134 bytes.
const maxUpload = 1 << 19

// Check refuses a state whose ids are no ids, or that is larger than its form in
// JSON may be. What it accepts can be written, and reads back the same but for
// empty fields, which read as nil. Whether the state is that of the message, it does
// not say.
func (m MessageState) Check() error {
	switch {
	case !m.Author.Valid():
		return fmt.Errorf("author %q is not a valid id", m.Author)
	case len(m.Upload) == 0 || len(m.Upload) > maxUpload:
		return fmt.Errorf("an upload of %d bytes, 1 to %d allowed", len(m.Upload), maxUpload)
	case len(m.Blocks) > exchange.MaxBlocks:
		return fmt.Errorf("%d blocks, at most %d allowed", len(m.Blocks), exchange.MaxBlocks)
	case len(m.Auths) > identity.MaxProviders:
		return fmt.Errorf("%d authentication keys, at most %d allowed", len(m.Auths), identity.MaxProviders)
	case max(len(m.Setup), len(m.Roster)) > conversation.MaxDataBlock:
		return fmt.Errorf("a setup of %d bytes and a roster of %d, at most %d allowed", len(m.Setup), len(m.Roster),
			conversation.MaxDataBlock)
	}
	for i, b := range m.Blocks {
		if !b.To.Valid() {
			return fmt.Errorf("block %d: %q is not a valid id", i, b.To)
		}
	}
	return nil
}

// MarshalJSON implements json.Marshaler. It is canonical: one state, one text. The
// error is an *Error, for what Check refuses.
func (m MessageState) MarshalJSON() ([]byte, error) {
	if err := m.Check(); err != nil {
		return nil, &Error{Form: formState, What: "refused", Err: err}
	}
	l := make(jsonLine, 0, 1024+2*(len(m.Upload)+len(m.Setup)+len(m.Roster))+512*len(m.Blocks))
	l.open()
	l.word("author", string(m.Author))
	l.hex("upload", m.Upload)
	l.hex("key", m.Key[:])
	l.list("blocks", len(m.Blocks), func(i int) { l.block(&m.Blocks[i]) })
	l.list("auths", len(m.Auths), func(i int) {
		l = append(hex.AppendEncode(append(l, '"'), m.Auths[i][:]), '"')
	})
	l.hex("setup", m.Setup)
	l.hex("roster", m.Roster)
	l.shut()
	return l, nil
}

func (l *jsonLine) block(b *BlockState) {
	l.open()
	l.word("to", string(b.To))
	l.number("at", uint64(b.At))
	l.hex("chain", b.Chain[:])
	if b.Start != nil {
		l.name("start")
		l.open()
		l.hex("esk", b.Start.ESK[:])
		l.hex("x", b.Start.X[:])
		l.hex("named", b.Start.Named[:])
		l.shut()
	}
	if b.Offered != nil {
		l.name("offered")
		l.open()
		l.hex("id", b.Offered.ID[:])
		l.hex("esk", b.Offered.ESK[:])
		l.hex("scalar", b.Offered.Scalar[:])
		l.shut()
	}
	l.shut()
}

// UnmarshalJSON implements json.Unmarshaler. Order and white space are free, nothing
// else is. The error is an *Error with the offset, and leaves m as it was.
func (m *MessageState) UnmarshalJSON(b []byte) error {
	if len(b) > MaxMessageState {
		return &Error{Form: formState, What: fmt.Sprintf("more than %d bytes", MaxMessageState)}
	}
	var o object
	err := scan(b, stateTable, &o)
	var s MessageState
	if err == nil {
		s, err = o.state()
	}
	if err == nil {
		err = s.Check()
	}
	if err != nil {
		e := &Error{Form: formState, What: "malformed", Err: err}
		var at *scanError
		if errors.As(err, &at) {
			e.Offset = int64(at.at)
		}
		return e
	}
	*m = s
	return nil
}

func (o *object) state() (m MessageState, err error) {
	if err := o.complete(); err != nil {
		return m, err
	}
	m = MessageState{Author: o.id("author"), Upload: o.bytes("upload"), Setup: o.bytes("setup"), Roster: o.bytes("roster")}
	o.fixed("key", m.Key[:])
	for i := range o.value("blocks").objects {
		b, err := o.value("blocks").objects[i].block()
		if err != nil {
			return m, fmt.Errorf("block %d: %w", i, err)
		}
		m.Blocks = append(m.Blocks, b)
	}
	for _, digits := range o.value("auths").list {
		var k suite.Key
		_, _ = hex.Decode(k[:], digits)
		m.Auths = append(m.Auths, k)
	}
	return m, nil
}

func (o *object) block() (b BlockState, err error) {
	if name := o.lacks(blockTable.mask("to", "at", "chain")); name != "" {
		return b, fmt.Errorf("member %q is not there", name)
	}
	b = BlockState{To: o.id("to"), At: uint32(o.num("at"))}
	o.fixed("chain", b.Chain[:])
	if o.has("start") {
		s := &o.value("start").objects[0]
		if err := s.complete(); err != nil {
			return b, fmt.Errorf("start: %w", err)
		}
		b.Start = &StartState{}
		s.fixed("esk", b.Start.ESK[:])
		s.fixed("x", b.Start.X[:])
		s.fixed("named", b.Start.Named[:])
	}
	if o.has("offered") {
		s := &o.value("offered").objects[0]
		if err := s.complete(); err != nil {
			return b, fmt.Errorf("offered: %w", err)
		}
		b.Offered = &OwnState{}
		s.fixed("id", b.Offered.ID[:])
		s.fixed("esk", b.Offered.ESK[:])
		s.fixed("scalar", b.Offered.Scalar[:])
	}
	return b, nil
}

// ReadMessageState reads a state to the end of r, at most MaxMessageState bytes. The
// error is an *Error if the state is at fault.
func ReadMessageState(r io.Reader) (MessageState, error) {
	b, err := io.ReadAll(io.LimitReader(r, MaxMessageState+1))
	if err != nil {
		return MessageState{}, fmt.Errorf("transcript: reading a message state: %w", err)
	}
	var m MessageState
	err = m.UnmarshalJSON(b)
	return m, err
}

// WriteMessageState writes a state as one line.
func WriteMessageState(w io.Writer, m MessageState) error {
	b, err := m.MarshalJSON()
	if err != nil {
		return err
	}
	if _, err := w.Write(append(b, '\n')); err != nil {
		return fmt.Errorf("transcript: writing a message state: %w", err)
	}
	return nil
}
