package cowpitest

import (
	"encoding/binary"

	"cowpi.example/cowpi/store"
	"cowpi.example/cowpi/suite"
)

// Recorder is a Tap that sees what is inside the frames: it has the suite by which
// they are sealed. Use it as Options.Suite and Options.Tap both.
type Recorder struct {
	Twist
	On     bool
	Frames []Frame // payloads of frames that arrived, in order
	plain  map[string][]byte
}

// Frame is the payload of one frame.
type Frame struct {
	From, To string
	Payload  []byte
}

// NewRecorder records on top of a suite.
func NewRecorder(s suite.Suite) *Recorder {
	r := &Recorder{plain: map[string][]byte{}}
	r.Twist.Suite = s
	r.Sealed = func(purpose suite.Purpose, plain, sealed []byte) {
		if purpose == "frame" {
			r.plain[string(sealed)] = plain
		}
	}
	return r
}

// Stepped implements Tap.
func (r *Recorder) Stepped(string, any, []store.Record, error) {}

// Wire implements Tap.
func (r *Recorder) Wire(from, to string, bytes []byte) {
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
