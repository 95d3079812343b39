package judge

import (
	"encoding/hex"
	"fmt"
	"strings"

	"cowpi.example/cowpi/content"
	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/suite"
	"cowpi.example/transcript"
)

// judgeCommitments looks for digests of the conversation in what people wrote. A
// message that certainly was written, and that holds the digest of what came before
// it, proves all of that; one that holds another digest belongs elsewhere.
func judgeCommitments(e Evidence) Opinion {
	st := e.story()
	digests := map[suite.Hash][]suite.Hash{} // by Sid
	for _, m := range st.all {
		if d, ok := m.message.(exchange.Delivery); ok {
			digests[d.Sid] = append(digests[d.Sid], d.Before)
			if b, err := conversation.Parse(st.suite, d.Data); err == nil {
				digests[d.Sid] = append(digests[d.Sid], conversation.NextDigest(st.suite, d.Before, b))
			}
		}
	}
	others := 0
	for _, r := range st.records {
		if s, ok := r.(transcript.Saw); ok && s.What == transcript.Text && holds(digests[s.Sid], content.Plain{ID: s.ID, Text: s.Text}) {
			others++
		}
	}
	if e.State == nil {
		return cannotTell("%d texts that were shown hold a digest of their conversation, which anybody could have put there", others)
	}
	plain, sid, err := e.target()
	if err != nil {
		return cannotTell("the message has no text: %v", err)
	}
	switch {
	case holds(digests[sid], plain):
		return isReal("the message, which its author certainly wrote, holds the digest of just this conversation")
	case others > 0:
		return isSimulated("%d texts hold digests of this conversation, the message, which should, does not", others)
	}
	return cannotTell("neither the message nor anything else holds a digest of the conversation")
}

// holds says whether a text or its id contains one of these digests, at full length
// or cut to 16 bytes, bare or as hexadecimal digits.
func holds(digests []suite.Hash, p content.Plain) bool {
	text := string(p.Text)
	lower := strings.ToLower(text)
	for _, h := range digests {
		if h == (suite.Hash{}) {
			continue
		}
		if string(p.ID[:]) == string(h[:16]) || strings.Contains(text, string(h[:16])) || strings.Contains(lower, hex.EncodeToString(h[:8])) {
			return true
		}
	}
	return false
}

// target opens the text of the message whose state is known.
func (e Evidence) target() (p content.Plain, sid suite.Hash, err error) {
	s := e.suite()
	m, err := exchange.Parse(s, e.State.Upload)
	if err != nil {
		return p, sid, err
	}
	u, ok := m.(exchange.Upload)
	if !ok {
		return p, sid, fmt.Errorf("%T is no upload", m)
	}
	d, err := conversation.Parse(s, u.Data)
	if err != nil {
		return p, sid, err
	}
	if d.Type != conversation.MSG {
		return p, d.Sid, fmt.Errorf("it is a %s", d.Type)
	}
	if err := content.Fits(s, d, e.State.Key); err != nil {
		return p, d.Sid, err
	}
	p, err = content.Open(s, d, e.State.Key)
	return p, d.Sid, err
}
