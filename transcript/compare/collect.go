package compare

import (
	"errors"
	"io"

	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/integrity"
	"cowpi.example/cowpi/suite"
	"cowpi.example/transcript"
)

// Collection is the views of a transcript, by participant and conversation.
type Collection map[identity.ID]map[suite.Hash]View

// Collect takes all views from a transcript. The error is that of the source.
func Collect(src transcript.Source) (Collection, error) {
	keepers := map[identity.ID]map[suite.Hash]*integrity.Keeper{}
	err := each(src, func(r transcript.Record) {
		s, ok := r.(transcript.Saw)
		if !ok || s.What == transcript.Fault {
			return
		}
		of := keepers[s.Who]
		if of == nil {
			of = map[suite.Hash]*integrity.Keeper{}
			keepers[s.Who] = of
		}
		if of[s.Sid] == nil {
			of[s.Sid] = &integrity.Keeper{Account: View{Who: s.Who, Sid: s.Sid}}
		}
		tell(of[s.Sid], s)
	})
	if err != nil {
		return nil, err
	}
	out := Collection{}
	for who, of := range keepers {
		out[who] = map[suite.Hash]View{}
		for sid, k := range of {
			out[who][sid] = k.Account
		}
	}
	return out, nil
}

// tell tells a keeper of one event.
func tell(k *integrity.Keeper, s transcript.Saw) {
	e := integrity.Entry{Index: s.Index, Epoch: s.Epoch, Author: s.Party, ID: s.ID, Text: string(s.Text)}
	switch s.What {
	case transcript.Text:
		e.Kind = integrity.Text
	case transcript.Repeat:
		e.Kind = integrity.Repeat
	case transcript.Unreadable:
		e.Kind = integrity.Unreadable
	case transcript.Roster:
		e.Kind = integrity.Roster
		for _, m := range s.Members {
			e.Members = append(e.Members, integrity.Member(m))
		}
		k.Roster(e)
		return
	case transcript.Ended:
		k.Ended()
		return
	default: // Ack, PeerStopped: the index was processed and shows nothing
		k.Processed(s.Index)
		return
	}
	k.Saw(e)
}

// each calls yield with every record of a source.
func each(src transcript.Source, yield func(transcript.Record)) error {
	for {
		r, err := src.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		yield(r)
	}
}
