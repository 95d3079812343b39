package transcript

import (
	"fmt"
	"strings"
)

var kindNames = [...]string{Dark: "dark", Hello: "hello", Handshake: "handshake", Data: "data", Renewal: "renewal"}

// String is the name of a kind in JSON lines.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return fmt.Sprintf("kind %d", uint8(k))
}

var whatNames = [...]string{Text: "text", Repeat: "repeat", Unreadable: "unreadable", Roster: "roster", Ack: "ack",
	PeerStopped: "peerstopped", Ended: "ended", Fault: "fault"}

// String is the name of a kind of event in JSON lines.
func (w What) String() string {
	if w >= Text && int(w) < len(whatNames) {
		return whatNames[w]
	}
	return fmt.Sprintf("event %d", uint8(w))
}

// partNames are the members that stand for each part of Saw in JSON lines. A text
// is in one of two: in text if it is UTF-8, else in texthex.
var partNames = [...][]string{{"index"}, {"epoch"}, {"party"}, {"upto"}, {"textid"}, {"text"},
	{"members", "added", "removed", "restarted"}, {"reason", "code"}, {"check", "error"}}

// members lists the members of a set of parts.
func (p part) members() (out []string) {
	for i, names := range partNames {
		if p&(1<<i) != 0 {
			out = append(out, names...)
		}
	}
	return out
}

func (p part) String() string { return strings.Join(p.members(), ", ") }
