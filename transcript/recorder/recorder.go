// Package recorder writes the transcript of a test network while it runs. A
// [Recorder] is both its tap and its suite: the suite is where messages are
// sealed, so it is there that one sees what is in them.
package recorder

import (
	"encoding/binary"
	"errors"
	"hash/maphash"
	"slices"
	"strings"
	"sync"

	"cowpi.example/cowpi"
	"cowpi.example/cowpi/cowpitest"
	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/provider"
	"cowpi.example/cowpi/store"
	"cowpi.example/cowpi/suite"
	"cowpi.example/transcript"
)

// Recorder records one network: make it first, then the network with it as
// Options.Suite and as Options.Tap. Its methods as a suite are safe for concurrent
// use, like those of any suite; the others are the network's to call.
type Recorder struct {
	suite.Suite
	open func(transcript.Header) (transcript.Sink, error)
	// Timed puts the time into the transcript. Set it before the network is made.
	Timed bool

	net  *cowpitest.Net
	sink transcript.Sink
	now  uint64
	err  error

	seed maphash.Seed
	// passing says that the sink keeps nothing of a record, so that copies are needed
	// only until the step after the one that they were made in.
	passing bool

	mu      sync.Mutex
	kept    []byte            // room for copies
	old     []byte            // if passing: that of the step before
	sealing map[uint64][]byte // in the step under way: what was sealed, by the hash of what came out
	sealed  map[uint64][]byte // in the last step
}

// keepSize is how much room for copies is made at once. Messages are mostly small,
// and recording is not to cost more than a tenth of a run.
const keepSize = 1 << 14

// keep copies bytes that are not ours. Nil stays nil.
func (r *Recorder) keep(b []byte) []byte {
	if len(b) == 0 || len(b) > keepSize/4 {
		return slices.Clone(b)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if cap(r.kept)-len(r.kept) < len(b) {
		r.kept = make([]byte, 0, keepSize)
	}
	at := len(r.kept)
	r.kept = append(r.kept, b...)
	return r.kept[at:len(r.kept):len(r.kept)]
}

// New returns a recorder for a network on suite s. open is called once, when the
// header is known; it may be transcript.NewWriter on some file.
func New(s suite.Suite, open func(transcript.Header) (transcript.Sink, error)) *Recorder {
	return &Recorder{Suite: s, open: open, seed: maphash.MakeSeed(), sealing: map[uint64][]byte{}}
}

// To is New for a transcript in memory.
func To(s suite.Suite, m *transcript.Memory) *Recorder {
	return New(s, func(h transcript.Header) (transcript.Sink, error) {
		m.Head = h
		return m, nil
	})
}

// Close ends the transcript. The error is the first one that any write had.
func (r *Recorder) Close() error {
	if r.err == nil && r.sink != nil {
		r.err = r.sink.Close()
	}
	return r.err
}

func (r *Recorder) write(rec transcript.Record) {
	if r.err != nil {
		return
	}
	if r.sink == nil {
		r.err = errors.New("recorder: nothing has begun")
		return
	}
	if r.Timed && r.net.Now != r.now {
		r.now = r.net.Now
		r.err = r.sink.Write(transcript.Clock{Now: r.now})
	}
	if r.err == nil {
		r.err = r.sink.Write(rec)
	}
}

// Seal implements suite.Suite.
func (r *Recorder) Seal(dst []byte, purpose suite.Purpose, key suite.Key, nonce [suite.NonceSize]byte, plain []byte, ad ...[]byte) []byte {
	out := r.Suite.Seal(dst, purpose, key, nonce, plain, ad...)
	if purpose == "frame" || purpose == "handshake 2" || purpose == "handshake 3" {
		// Message 2 has a key before what is sealed: that is in dst, and so in out.
		made, kept := maphash.Bytes(r.seed, out), r.keep(plain)
		r.mu.Lock()
		r.sealing[made] = kept
		r.mu.Unlock()
	}
	return out
}

// Began implements cowpitest.Tap.
func (r *Recorder) Began(n *cowpitest.Net) {
	r.net = n
	h := transcript.Header{SuiteID: r.ID(), Suite: r.Name(), Timed: r.Timed}
	for i := range n.Set.Len() {
		h.Providers = append(h.Providers, n.Set.At(i))
	}
	r.sink, r.err = r.open(h)
	switch r.sink.(type) {
	case *transcript.Writer, *transcript.JSONWriter:
		r.passing = true
	}
}

// Stepped implements cowpitest.Tap. What a step sealed is sent before the next
// step, or never.
func (r *Recorder) Stepped(node string, in any, _ []store.Record, err error) {
	r.mu.Lock()
	r.sealed, r.sealing = r.sealing, r.sealed
	if r.sealing == nil {
		r.sealing = map[uint64][]byte{}
	}
	clear(r.sealing)
	if r.passing {
		r.kept, r.old = r.old[:0], r.kept
	}
	r.mu.Unlock()
	if reg, ok := in.(provider.Register); ok && err == nil {
		r.write(transcript.Registered{Provider: identity.ID(node), User: reg.User})
	}
}

// Committed implements cowpitest.Tap.
func (r *Recorder) Committed(user string, events []cowpi.Event) {
	for _, e := range events {
		if s, ok := Saw(identity.ID(user), e); ok {
			r.write(s)
		}
	}
}

// Connected implements cowpitest.Tap.
func (r *Recorder) Connected(wire uint64, client, server string) {
	r.write(transcript.Connected{Conn: wire, Client: identity.ID(client), Server: identity.ID(server)})
}

// Sent implements cowpitest.Tap.
func (r *Recorder) Sent(wire uint64, toServer bool, bytes []byte) {
	opened := r.opened(bytes)
	if !r.passing {
		bytes = r.keep(bytes)
	}
	r.write(transcript.Sent{Conn: wire, ToServer: toServer, Bytes: bytes, Opened: opened})
}

// opened finds what is in a message.
func (r *Recorder) opened(bytes []byte) transcript.Opened {
	plain, ok := r.sealed[maphash.Bytes(r.seed, bytes)]
	switch {
	case !ok && len(bytes) == suite.KeySize:
		return transcript.Opened{Kind: transcript.Hello}
	case !ok:
		return transcript.Opened{}
	case len(bytes) < 256: // the two handshake messages; the smallest frame is larger
		return transcript.Opened{Kind: transcript.Handshake, Plain: plain}
	}
	n := binary.BigEndian.Uint32(plain[1:])
	o := transcript.Opened{Kind: transcript.Data, Plain: payload(plain[5 : 5+n])}
	if plain[0] != 0 {
		o.Kind = transcript.Renewal
		o.Inner = r.sealed[maphash.Bytes(r.seed, o.Plain)]
	}
	return o
}

func payload(b []byte) []byte {
	if len(b) == 0 {
		return nil
	}
	return b
}

// Delivered implements cowpitest.Tap.
func (r *Recorder) Delivered(wire uint64, toServer bool, _ []byte) {
	r.write(transcript.Delivered{Conn: wire, ToServer: toServer})
}

// Closed implements cowpitest.Tap.
func (r *Recorder) Closed(wire uint64) { r.write(transcript.Closed{Conn: wire}) }

// Crashed implements cowpitest.Tap.
func (r *Recorder) Crashed(node string) { r.write(transcript.Crashed{Node: identity.ID(node)}) }

// Saved implements cowpitest.Tap.
func (r *Recorder) Saved(node string) { r.write(transcript.Saved{Node: identity.ID(node)}) }

// Restored implements cowpitest.Tap.
func (r *Recorder) Restored(node string) { r.write(transcript.Restored{Node: identity.ID(node)}) }

// Saw is what an event of a participant is in a transcript. Events that are about
// no conversation, or about what the application alone asked for, are not.
func Saw(who identity.ID, e cowpi.Event) (s transcript.Saw, ok bool) {
	switch b := e.Body.(type) {
	case cowpi.Shown:
		s = transcript.Saw{What: transcript.Text, Sid: b.Sid, Index: b.Index, Epoch: b.Epoch, Party: b.Author, ID: b.Text.ID, Text: payload(b.Text.Text)}
	case cowpi.Repeated:
		s = transcript.Saw{What: transcript.Repeat, Sid: b.Sid, Index: b.Index, Epoch: b.Epoch, Party: b.Author, ID: b.ID}
	case cowpi.Unreadable:
		s = transcript.Saw{What: transcript.Unreadable, Sid: b.Sid, Index: b.Index, Epoch: b.Epoch, Party: b.Author}
	case cowpi.RosterChanged:
		s = transcript.Saw{What: transcript.Roster, Sid: b.Sid, Index: b.Index, Epoch: b.Epoch, Party: b.By,
			Added: names(b.Added), Removed: names(b.Removed), Restarted: names(b.Restarted)}
		for _, m := range b.Members {
			s.Members = append(s.Members, transcript.Member(m))
		}
	case cowpi.Acked:
		s = transcript.Saw{What: transcript.Ack, Sid: b.Sid, Index: b.Index, Party: b.Participant, UpTo: b.UpTo}
	case cowpi.PeerStopped:
		s = transcript.Saw{What: transcript.PeerStopped, Sid: b.Sid, Index: b.Index, Party: b.Participant, UpTo: b.UpTo}
	case cowpi.Ended:
		s = transcript.Saw{What: transcript.Ended, Sid: b.Sid, Index: b.Index, Epoch: b.Epoch, Reason: uint8(b.Reason)}
		s.Check, s.Error = words(b.Err)
		if b.Code != (identity.Code{}) {
			s.Code = b.Code.Digits()
		}
	case cowpi.ProviderFault:
		s = transcript.Saw{What: transcript.Fault, Party: b.Provider}
		s.Check, s.Error = words(b.Err)
	default:
		return s, false
	}
	s.Who, s.Number = who, e.Number
	return s, true
}

func words(err error) (check, text string) {
	if err == nil {
		return "", ""
	}
	text = err.Error()
	// It may quote what others sent, and is cut anywhere: a transcript takes UTF-8.
	return string(fault.CheckOf(err)), strings.ToValidUTF8(text[:min(len(text), 1000)], "")
}

func names(ids []identity.ID) []identity.ID {
	if len(ids) == 0 {
		return nil
	}
	return slices.Clone(ids)
}
