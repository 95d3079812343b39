package cowpitest

import (
	"encoding/binary"

	"cowpi.example/cowpi/suite"
)

// Recorder is a Tap that sees what is inside the frames: it has the suite by which
// they are sealed. Use it as Options.Suite and Options.Tap both.
type Recorder struct {
	Twist
	Blind
	On     bool
	Frames []Frame // payloads of frames that arrived, in order
	plain  map[string][]byte
	ends   map[uint64][2]string // of wires: client, server
}

// Frame is the payload of one frame.
type Frame struct {
	From, To string
	Payload  []byte
}

// NewRecorder records on top of a suite.
func NewRecorder(s suite.Suite) *Recorder {
	r := &Recorder{plain: map[string][]byte{}, ends: map[uint64][2]string{}}
	r.Twist.Suite = s
	r.Sealed = func(purpose suite.Purpose, plain, sealed []byte) {
		if purpose == "frame" {
			r.plain[string(sealed)] = plain
		}
	}
	return r
}

// Connected implements Tap.
func (r *Recorder) Connected(wire uint64, client, server string) {
	r.ends[wire] = [2]string{client, server}
}

// Delivered implements Tap.
func (r *Recorder) Delivered(wire uint64, toServer bool, bytes []byte) {
	from, to := r.ends[wire][0], r.ends[wire][1]
	if !toServer {
		from, to = to, from
	}
	plain, ok := r.plain[string(bytes)]
	delete(r.plain, string(bytes))
	if !ok || !r.On || plain[0] != 0 { // kind: data
		return
	}
	if n := binary.BigEndian.Uint32(plain[1:]); n > 0 {
		r.Frames = append(r.Frames, Frame{from, to, plain[5 : 5+n]})
	}
}

// Messages lists what was said between two nodes.
func (r *Recorder) Messages(from, to string) (out [][]byte) {
	for _, f := range r.Frames {
		if f.From == from && f.To == to {
			out = append(out, f.Payload)
		}
	}
	return out
}
