package transcript

import (
	"bufio"
	"io"
	"strconv"

	"cowpi.example/cowpi/identity"
)

// JSONWriter writes JSON lines: the same transcript, for people and other tools to
// read. It keeps one record in memory, as a line of at most 12 MiB. It is not safe
// for concurrent use.
type JSONWriter struct {
	w     *bufio.Writer
	t     *tally
	names *namer
	line  jsonLine // used again
	place
}

// NewJSONWriter begins a transcript in JSON lines. It is buffered: nothing is
// complete before Close. The error is an *Error for a header that says something
// impossible, or that of w.
func NewJSONWriter(w io.Writer, h Header) (*JSONWriter, error) {
	t := &JSONWriter{w: bufio.NewWriterSize(w, bufferSize), names: newNamer(h), place: place{form: formJSON}}
	var err error
	if t.t, err = begin(h); err != nil {
		return nil, t.fail("header", err)
	}
	l := &t.line
	l.open()
	l.word("transcript", "cowpi")
	l.number("version", Version)
	l.word("suite", h.Suite)
	l.number("suiteid", uint64(h.SuiteID))
	l.name("timed")
	*l = strconv.AppendBool(*l, h.Timed)
	l.list("providers", len(h.Providers), func(i int) { l.party(h.Providers[i]) })
	return t, t.emit()
}

func (l *jsonLine) party(p identity.Party) {
	l.open()
	l.word("id", string(p.ID))
	l.hex("key", p.Key[:])
	l.shut()
}

// emit ends the line and writes it.
func (t *JSONWriter) emit() error {
	t.line = append(t.line, '}', '\n')
	if _, err := t.w.Write(t.line); err != nil {
		return t.broken(err)
	}
	t.offset += int64(len(t.line))
	return nil
}

// Write implements Sink. The error is an *Error for a record that is refused, which
// leaves the transcript as it was; an error of the writer underneath is final.
func (t *JSONWriter) Write(r Record) error {
	if t.err != nil {
		return t.err
	}
	if err := t.t.add(r); err != nil {
		return t.refuse(err)
	}
	t.record++
	t.names.note(r)
	t.line = t.line[:0]
	l := &t.line
	l.open()
	switch r := r.(type) {
	case Registered:
		l.word("type", "registered")
		l.word("provider", string(r.Provider))
		l.word("user", string(r.User.ID))
		l.hex("key", r.User.Key[:])
	case Connected:
		l.word("type", "connected")
		l.number("connection", r.Conn)
		l.word("client", string(r.Client))
		l.word("server", string(r.Server))
	case Closed:
		l.word("type", "closed")
		l.number("connection", r.Conn)
	case Sent:
		t.sent(l, &r)
	case Delivered:
		l.word("type", "delivered")
		l.way(r.Conn, r.ToServer)
	case Crashed:
		l.word("type", "crashed")
		l.word("node", string(r.Node))
	case Saved:
		l.word("type", "saved")
		l.word("node", string(r.Node))
	case Restored:
		l.word("type", "restored")
		l.word("node", string(r.Node))
	case Clock:
		l.word("type", "clock")
		l.number("now", r.Now)
	case Saw:
		l.saw(&r)
	}
	return t.emit()
}

// way writes a connection and a direction.
func (l *jsonLine) way(conn uint64, toServer bool) {
	l.number("connection", conn)
	if toServer {
		l.word("to", "server")
	} else {
		l.word("to", "client")
	}
}

func (t *JSONWriter) sent(l *jsonLine, s *Sent) {
	l.word("type", "sent")
	l.way(s.Conn, s.ToServer)
	l.word("kind", s.Opened.Kind.String())
	w := t.names.words(s)
	w.write(l)
	l.hex("bytes", s.Bytes)
	if s.Opened.Kind.hasPlain() {
		l.hex("plain", s.Opened.Plain)
	}
	if s.Opened.Kind == Renewal {
		l.hex("inner", s.Opened.Inner)
	}
}

func (l *jsonLine) saw(s *Saw) {
	l.word("type", "saw")
	l.word("who", string(s.Who))
	l.number("number", s.Number)
	l.word("what", s.What.String())
	l.hex("conversation", s.Sid[:])
	for p := range part(len(partNames)) {
		if partsOf[s.What]&(1<<p) != 0 {
			l.part(s, 1<<p)
		}
	}
}

// part writes the members of one part of what was seen.
func (l *jsonLine) part(s *Saw, p part) {
	switch p {
	case partIndex:
		l.number("index", s.Index)
	case partEpoch:
		l.number("epoch", uint64(s.Epoch))
	case partParty:
		l.word("party", string(s.Party))
	case partUpTo:
		l.number("upto", s.UpTo)
	case partID:
		l.hex("textid", s.ID[:])
	case partText:
		if isText(s.Text) {
			l.word("text", string(s.Text))
		} else {
			l.hex("texthex", s.Text)
		}
	case partRoster:
		l.list("members", len(s.Members), func(i int) {
			l.open()
			l.word("id", string(s.Members[i].ID))
			l.hex("key", s.Members[i].Key[:])
			l.number("joined", uint64(s.Members[i].Joined))
			l.shut()
		})
		l.ids("added", s.Added)
		l.ids("removed", s.Removed)
		l.ids("restarted", s.Restarted)
	case partReason:
		l.number("reason", uint64(s.Reason))
		l.word("code", s.Code)
	case partError:
		l.word("check", s.Check)
		l.word("error", s.Error)
	}
}

// Close implements Sink: it writes the end, with the count of the records and the
// digest of the binary form of everything before. After it, everything is refused.
func (t *JSONWriter) Close() error {
	if t.err != nil {
		return t.err
	}
	digest := t.t.end()
	t.line = t.line[:0]
	t.line.open()
	t.line.word("type", "end")
	t.line.number("records", t.t.count)
	t.line.hex("digest", digest[:])
	if err := t.emit(); err != nil {
		return err
	}
	if err := t.w.Flush(); err != nil {
		return t.broken(err)
	}
	t.err = errClosed
	return nil
}
