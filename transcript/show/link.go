package show

import (
	"cowpi.example/cowpi/suite"
	"cowpi.example/cowpi/wire"
)

// What is drawn of the link between router and mirror (SPEC.md, 9.4).

// proposed: the router proposes uploads for indices from first on.
type proposed struct {
	sid     suite.Hash
	first   uint64
	uploads [][]byte
}

// committed: what was proposed from first on is final, so many entries of it.
type committed struct {
	sid   suite.Hash
	first uint64
	count int
}

// judged: a mirror accepts so many entries of a proposal, and may refuse the next.
type judged struct {
	sid      suite.Hash
	first    uint64
	accepted int
	refused  bool
}

// maxUpload is far above any upload that fits a frame.
const maxUpload = 1 << 20

// linkMessage parses the packet in a frame of a link; nil if it is another packet
// or malformed, which is for others to say.
func linkMessage(plain []byte) any {
	r := wire.NewReader("packet", plain)
	if r.U8("packet") != 2 {
		return nil
	}
	r.U64("number")
	r.U64("stable")
	var m any
	switch r.U8("type") {
	case 1:
		p := proposed{sid: wire.Array32[suite.Hash](r, "sid"), first: r.U64("first")}
		for range r.Count("entries", maxUpload/64, 6) {
			p.uploads = append(p.uploads, r.Bytes("upload", maxUpload))
			for range r.Count("owners", 1<<16-1, 2) {
				for range r.Count("runs", 1<<16-1, 8) {
					r.Take("run", 8)
				}
			}
			if r.Failed() {
				return nil
			}
		}
		m = p
	case 2:
		m = committed{wire.Array32[suite.Hash](r, "sid"), r.U64("first"), int(r.U16("count"))}
	case 18:
		r.U64("proposal")
		m = judged{wire.Array32[suite.Hash](r, "sid"), r.U64("first"), int(r.U16("accepted")), r.Bool("refused")}
		r.Rest("reason")
	default:
		return nil
	}
	if r.Done() != nil {
		return nil
	}
	return m
}
