package judge

import (
	"slices"

	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/identity"
	"cowpi.example/transcript"
)

// handedOut is a part of the log of one's prekeys.
func (p *people) handedOut(u *person, at int, m exchange.Handouts) {
	for i := range u.logs {
		if u.logs[i] == nil {
			u.logs[i] = map[uint64]string{}
		}
	}
	for i, h := range m.List {
		u.logs[at][m.First+uint64(i)] = string(h.Encode())
	}
	before := u.position
	for {
		next, same := u.position+1, true
		for i := range u.logs {
			h, ok := u.logs[i][next]
			same = same && ok && h == u.logs[0][next]
		}
		if !same {
			break
		}
		u.position = next
	}
	if u.position > before {
		u.oweAll(exchange.HandoutAck{Position: u.position})
	}
}

// answered is an answer to a fetch.
func (p *people) answered(u *person, at int, m exchange.Fetched) {
	f, ok := u.fetches[m.ID]
	if _, once := u.asked[m.ID]; once && !ok {
		return // asked again, answered before
	}
	if !ok {
		p.sent("%s is answered a fetch that it did not make", u.id)
		return
	}
	if u.answers[m.ID] == nil {
		u.answers[m.ID] = map[int]exchange.Fetched{}
	}
	u.answers[m.ID][at] = m
	if len(u.answers[m.ID]) < len(u.links) {
		return
	}
	delete(u.fetches, m.ID)
	if p.answersDiffer(u, m.ID) {
		return
	}
	got := fetchedKeys{f.Sid, map[identity.ID]exchange.Prekey{}}
	for i, k := range m.Keys {
		if i >= len(f.IDs) || f.IDs[i] != k.ID || p.world[k.ID] != k.Key {
			p.sent("%s fetched the keys of others, or other keys", u.id)
		}
		got.keys[k.ID] = k.Prekey
		p.meets(u, k.ID)
	}
	u.fetched = append(u.fetched, got)
	if u.talks[f.Sid] == nil || u.talks[f.Sid].phase == 0 {
		u.expect = append(u.expect, expected{hidden: true}) // Created
	}
}

// answersDiffer says whether providers answered a fetch differently. Then it comes
// to nothing, and a provider is to blame: check T2.
func (p *people) answersDiffer(u *person, id exchange.FetchID) bool {
	first := u.answers[id][0]
	for at := range u.links {
		if slices.Equal(u.answers[id][at].Keys, first.Keys) {
			continue
		}
		if len(p.corrupt) == 0 {
			p.sent("%s is answered a fetch differently, and nobody is corrupt", u.id)
		}
		providers := p.st.head.Providers
		err := &fault.Evidence{Check: fault.T2, Who: fault.Party{Role: fault.RoleProviders}, Where: "fetch",
			What: "providers " + string(providers[0].ID) + " and " + string(providers[at].ID) + " answer differently"}
		u.expect = append(u.expect, expected{hidden: true}, // OperationFailed
			expected{saw: transcript.Saw{Who: u.id, What: transcript.Fault, Check: string(fault.T2), Error: err.Error()}})
		return true
	}
	return false
}
