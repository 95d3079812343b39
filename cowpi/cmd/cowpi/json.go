package main

import (
	"encoding/json"
	"io"

	"cowpi.example/cowpi/cowpitest"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/script/play"
)

// seen is one index of a conversation as one participant saw it. Conversation is
// there only if the script has more than one.
type seen struct {
	Conversation string   `json:"conversation,omitempty"`
	Participant  string   `json:"participant"`
	Index        uint64   `json:"index"`
	Epoch        uint32   `json:"epoch"`
	Kind         string   `json:"kind"`
	Author       string   `json:"author"`
	Text         string   `json:"text"`
	AckedBy      []string `json:"acked_by"`
}

// closing is how a conversation ended for one participant. Stopped says that
// somebody broke a check; then Error says who, which and where.
type closing struct {
	Conversation string `json:"conversation,omitempty"`
	Participant  string `json:"participant"`
	Code         string `json:"code"`
	Stopped      bool   `json:"stopped"`
	Error        string `json:"error"`
}

// writeJSON writes one object a line: all that was seen, then the ends.
func writeJSON(out io.Writer, r play.Report) error {
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	var ends []closing
	for _, c := range r.Conversations {
		name := ""
		if len(r.Conversations) > 1 {
			name = c.Name
		}
		for _, v := range c.Views {
			for _, l := range v.Lines {
				s := seen{name, v.User, l.Index, l.Epoch, l.Kind, string(l.Author), l.Text, names(l.AckedBy)}
				if l.Kind == "roster" {
					s.Text = changes(l)
				}
				if err := enc.Encode(s); err != nil {
					return err
				}
			}
			end := closing{Conversation: name, Participant: v.User, Code: v.Code, Stopped: v.Stopped != nil}
			if v.Stopped != nil && v.Stopped.Err != nil {
				end.Error = v.Stopped.Err.Error()
			}
			ends = append(ends, end)
		}
	}
	for _, e := range ends {
		if err := enc.Encode(e); err != nil {
			return err
		}
	}
	return nil
}

func names(ids []identity.ID) []string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = string(id)
	}
	return out
}

// changes says in words what a roster changed.
func changes(l cowpitest.Line) string {
	text := ""
	for _, c := range [...]struct {
		verb string
		who  []identity.ID
	}{{"added", l.Added}, {"removed", l.Removed}, {"restarted", l.Anew}} {
		for i, id := range c.who {
			switch {
			case i > 0:
				text += ", "
			case text != "":
				text += "; " + c.verb + " "
			default:
				text = c.verb + " "
			}
			text += string(id)
		}
	}
	return text
}
