package compare

import (
	"fmt"
	"maps"
	"slices"

	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/suite"
	"cowpi.example/transcript"
)

// Stream is what one provider delivered of one conversation, to whomever.
type Stream struct {
	Provider identity.ID
	Sid      suite.Hash
	Indices  map[uint64][]Version
}

// Version is what a provider delivered for an index. An honest one has one.
type Version struct {
	Before suite.Hash    // h_{i-1}, as the provider says
	Data   suite.Hash    // hash of the data block
	To     []identity.ID // to whom, in the order of the first time
}

// Streams of a transcript, by provider and conversation.
type StreamCollection map[identity.ID]map[suite.Hash]Stream

// maxVersions bounds the versions of one index that are kept: any two differ.
const maxVersions = 8

// CollectStreams takes the streams of all providers from the opened frames of a
// transcript. What is no delivery is passed over: package verify judges it. The
// error is that of the source.
func CollectStreams(src transcript.Source, s suite.Suite) (StreamCollection, error) {
	out := StreamCollection{}
	conns := map[uint64]transcript.Connected{}
	err := each(src, func(r transcript.Record) {
		switch r := r.(type) {
		case transcript.Connected:
			conns[r.Conn] = r
		case transcript.Closed:
			delete(conns, r.Conn)
		case transcript.Sent:
			c, ok := conns[r.Conn]
			if !ok || r.ToServer || r.Opened.Kind != transcript.Data || len(r.Opened.Plain) == 0 {
				return
			}
			if m, err := exchange.Parse(s, r.Opened.Plain); err == nil {
				if d, ok := m.(exchange.Delivery); ok {
					out.add(s, c, d)
				}
			}
		}
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (c StreamCollection) add(s suite.Suite, at transcript.Connected, d exchange.Delivery) {
	if c[at.Server] == nil {
		c[at.Server] = map[suite.Hash]Stream{}
	}
	of, ok := c[at.Server][d.Sid]
	if !ok {
		of = Stream{at.Server, d.Sid, map[uint64][]Version{}}
		c[at.Server][d.Sid] = of
	}
	data := conversation.HashOf(s, d.Data)
	list := of.Indices[d.Index]
	for i := range list {
		if v := &list[i]; v.Before == d.Before && v.Data == data {
			if !slices.Contains(v.To, at.Client) {
				v.To = append(v.To, at.Client)
			}
			return
		}
	}
	if len(list) < maxVersions {
		of.Indices[d.Index] = append(list, Version{d.Before, data, []identity.ID{at.Client}})
	}
}

// StreamResult is what comes of comparing two streams.
type StreamResult struct {
	One      identity.ID       `json:"one"`
	Other    identity.ID       `json:"other"`
	Sid      string            `json:"sid"`
	Same     bool              `json:"same"`
	Compared *Stretch          `json:"compared,omitempty"` // indices between the first and the last that both delivered
	First    *StreamDifference `json:"first,omitempty"`
	Words    string            `json:"words"`
}

// StreamDifference is the first index at which two streams part. Field is "index"
// (one has nothing there), "data" (another data block), "h" (another digest
// before it), or "versions" (a provider said different things to different people).
type StreamDifference struct {
	Index uint64      `json:"index"`
	Field string      `json:"field"`
	One   []Delivered `json:"one"`
	Other []Delivered `json:"other"`
}

// Delivered is a Version in JSON.
type Delivered struct {
	Before string        `json:"h_before"`
	Data   string        `json:"data_hash"`
	To     []identity.ID `json:"to"`
}

func delivered(list []Version) (out []Delivered) {
	for _, v := range list {
		out = append(out, Delivered{hexHash(v.Before), hexHash(v.Data), v.To})
	}
	return out
}

// Streams compares what two providers delivered of one conversation, from the
// first to the last index that both of them have: before and after, one of them
// had nobody to deliver to.
func Streams(a, b Stream) StreamResult {
	r := StreamResult{One: a.Provider, Other: b.Provider, Sid: hexHash(a.Sid), Same: true}
	if a.Sid != b.Sid {
		r.Words = "these are streams of two conversations: there is nothing to compare"
		return r
	}
	indices := slices.Sorted(maps.Keys(a.Indices))
	others := slices.Sorted(maps.Keys(b.Indices))
	if len(indices) == 0 || len(others) == 0 ||
		max(indices[0], others[0]) > min(indices[len(indices)-1], others[len(others)-1]) {
		r.Words = fmt.Sprintf("%s and %s delivered no index both: there is nothing to compare", r.One, r.Other)
		return r
	}
	r.Compared = &Stretch{max(indices[0], others[0]), min(indices[len(indices)-1], others[len(others)-1])}
	all := slices.Compact(slices.Sorted(slices.Values(append(indices, others...))))
	for _, i := range all {
		if i < r.Compared.From || i > r.Compared.To {
			continue
		}
		if field := part(a.Indices[i], b.Indices[i]); field != "" {
			r.Same = false
			r.First = &StreamDifference{i, field, delivered(a.Indices[i]), delivered(b.Indices[i])}
			break
		}
	}
	r.Words = r.words()
	return r
}

// part says in what two providers differ at an index, or "".
func part(a, b []Version) string {
	switch {
	case len(a) == 0 || len(b) == 0:
		return "index"
	case len(a) > 1 || len(b) > 1:
		return "versions"
	case a[0].Data != b[0].Data:
		return "data"
	case a[0].Before != b[0].Before:
		return "h"
	}
	return ""
}

func (r StreamResult) words() string {
	if r.First == nil {
		return fmt.Sprintf("%s and %s delivered the same, from index %d to %d", r.One, r.Other, r.Compared.From, r.Compared.To)
	}
	at := fmt.Sprintf("%s and %s part at index %d: ", r.One, r.Other, r.First.Index)
	switch r.First.Field {
	case "index":
		who := r.One
		if len(r.First.One) > 0 {
			who = r.Other
		}
		return at + fmt.Sprintf("%s delivered nothing there", who)
	case "versions":
		who := r.One
		if len(r.First.One) == 1 {
			who = r.Other
		}
		return at + fmt.Sprintf("%s delivered different data to different people", who)
	case "data":
		return at + "another data block"
	}
	return at + "the same data block after another past"
}
