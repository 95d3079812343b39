package judge

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"

	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/script"
	"cowpi.example/cowpi/suite"
	"cowpi.example/simulator"
	"cowpi.example/transcript"
)

// Game is what is played.
type Game int

// The games (SPEC.md, 1.3 and section 15).
const (
	// Deniability: a conversation takes place as a script says, or a forger, who has
	// public keys and at most one secret, makes the transcript of the same script.
	Deniability Game = iota
	// Unlinkability: besides the transcript there is one message of it with its
	// author's ephemeral state, and there is no doubt that this message is real. In one
	// world the transcript is of the conversation in which it was written. In the
	// other, it was written in a conversation in which everything else that was said
	// was something else, and a forger, who has the message and its state, made a
	// transcript around it. What is said in the transcript is drawn in the same way in
	// both worlds, so that it tells nothing.
	Unlinkability
)

func (g Game) String() string { return [...]string{"deniability", "message unlinkability"}[g] }

// Forgers is which forgers play: each one of a world is as likely as the other.
type Forgers int

// The kinds.
const (
	AnyForger Forgers = iota
	Outsiders
	Participants
	Providers
)

// Experiment is a game played many times. Its result depends on nothing but its
// fields. Zero values are sensible, but for Trials.
type Experiment struct {
	Game       Game
	Trials     int
	Seed       uint64
	Suite      suite.Suite // nil: suite.Default
	Forgers    Forgers
	Script     func(*rand.Rand) script.Script // of Deniability; nil: Tale
	Samples    int                            // how many transcripts of its script a distinguisher gets at once; 0: one. Deniability only
	Texts      bool                           // of Unlinkability: the message holds a text, and is not the first of its conversation that does
	Confidence float64                        // of the intervals; 0: 0.99
	Workers    int                            // trials at the same time; 0: as many as there are processors

	// Protocol, for negative controls, is another protocol than Mobile CoWPI, real and
	// forged. For a forger who has a message to place it may depend on that message.
	Protocol func(*transcript.MessageState) *simulator.Unsafe
	// Spoil, for negative controls, damages what forgers make.
	Spoil func(*transcript.Memory)
	// Beacon is handed to distinguishers: see Evidence.
	Beacon func(key suite.Point, counter uint64, purpose suite.Purpose, index uint32) suite.Coin
}

// Result is how distinguishers fared.
type Result struct {
	Trials     int
	Confidence float64
	Rows       []Row
}

// Row is how one did. A trial in which it could not tell was decided by a coin.
type Row struct {
	Distinguisher    string
	Right            int     // coins included
	Unsure           int     // how often a coin was thrown
	Advantage        float64 // 2 Right / Trials - 1
	Low, High        float64 // its confidence interval
	FirstOpinion     Opinion // the first that was not CannotTell
	FirstOpinionReal bool    // what was true then
}

func (r Row) String() string {
	return fmt.Sprintf("%-12s advantage %+.2f [%+.2f, %+.2f], %d unsure", r.Distinguisher, r.Advantage, r.Low, r.High, r.Unsure)
}

// Row returns the row of a distinguisher.
func (r Result) Row(name string) Row {
	for _, x := range r.Rows {
		if x.Distinguisher == name {
			return x
		}
	}
	return Row{}
}

// guess is one distinguisher's part of one trial.
type guess struct {
	opinion Opinion
	right   bool
}

// Run plays, against these distinguishers or all.
func (x Experiment) Run(ds ...Distinguisher) (Result, error) {
	if len(ds) == 0 {
		ds = All()
	}
	if x.Confidence == 0 {
		x.Confidence = 0.99
	}
	if x.Workers <= 0 {
		x.Workers = runtime.GOMAXPROCS(0)
	}
	guesses, real := make([][]guess, x.Trials), make([]bool, x.Trials)
	errs := make([]error, x.Trials)
	next := make(chan int)
	var wg sync.WaitGroup
	for range x.Workers {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := range next {
				guesses[i], real[i], errs[i] = x.trial(uint64(i), ds)
			}
		}()
	}
	for i := range x.Trials {
		next <- i
	}
	close(next)
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return Result{}, err
	}
	out := Result{Trials: x.Trials, Confidence: x.Confidence}
	for j, d := range ds {
		row := Row{Distinguisher: d.Name()}
		for i := range guesses {
			g := guesses[i][j]
			if g.right {
				row.Right++
			}
			if g.opinion.Answer == CannotTell {
				row.Unsure++
			} else if row.FirstOpinion.Answer == CannotTell {
				row.FirstOpinion, row.FirstOpinionReal = g.opinion, real[i]
			}
		}
		low, high := ClopperPearson(row.Right, x.Trials, x.Confidence)
		row.Low, row.High = 2*low-1, 2*high-1
		row.Advantage = 2*float64(row.Right)/float64(max(x.Trials, 1)) - 1
		out.Rows = append(out.Rows, row)
	}
	return out, nil
}

// trial is one throw of the secret coin.
func (x Experiment) trial(i uint64, ds []Distinguisher) ([]guess, bool, error) {
	e, real, err := x.world(i)
	if err != nil {
		return nil, real, fmt.Errorf("judge: trial %d of seed %d: %w", i, x.Seed, err)
	}
	var out []guess
	for _, d := range ds {
		o := d.Judge(e)
		says := o.Answer == Real
		if o.Answer == CannotTell {
			says = x.source(i, "coin of "+d.Name()).IntN(2) == 0
		}
		out = append(out, guess{o, says == real})
	}
	return out, real, nil
}

// source is the randomness of one trial for one use. Uses and trials must not be
// related, which neighbouring seeds of a fast generator might be.
func (x Experiment) source(i uint64, use string) *rand.Rand {
	return rand.New(rand.NewChaCha8(sha256.Sum256(fmt.Appendf(nil, "%d %d %s", x.Seed, i, use))))
}

// world throws the secret coin of a trial, and sets up the world that it says.
func (x Experiment) world(i uint64) (e Evidence, real bool, err error) {
	r := x.source(i, "world")
	real = r.IntN(2) == 0
	if x.Game == Unlinkability {
		e, err = x.link(r, real)
	} else {
		e, err = x.deny(r, real)
	}
	e.Beacon = x.Beacon
	return e.shared(), real, err
}

func draw32(r *rand.Rand) (b [32]byte) {
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

func (x Experiment) unsafe(st *transcript.MessageState) *simulator.Unsafe {
	if x.Protocol == nil {
		return nil
	}
	return x.Protocol(st)
}

// forger picks one of those who may play.
func (x Experiment) forger(w simulator.World, r *rand.Rand) simulator.Forger {
	var all []simulator.Forger
	if x.Forgers == AnyForger || x.Forgers == Outsiders {
		all = append(all, simulator.Outsider{Public: w.Public()})
	}
	if x.Forgers == AnyForger || x.Forgers == Participants {
		for _, s := range w.Users {
			all = append(all, simulator.Participant{Public: w.Public(), Self: s})
		}
	}
	if x.Forgers == AnyForger || x.Forgers == Providers {
		for _, s := range w.Providers {
			all = append(all, simulator.Provider{Public: w.Public(), Self: s})
		}
	}
	return all[r.IntN(len(all))]
}

// deny sets up one world of the game of deniability.
func (x Experiment) deny(r *rand.Rand, real bool) (Evidence, error) {
	tell := x.Script
	if tell == nil {
		tell = Tale
	}
	sc := tell(r)
	w, err := simulator.NewWorld(x.Suite, sc, draw32(r))
	if err != nil {
		return Evidence{}, err
	}
	f := x.forger(w, r)
	e := Evidence{World: w}
	for i := range max(x.Samples, 1) {
		m := &transcript.Memory{}
		job := simulator.Job{Script: sc, Schedule: r.Uint64(), Coins: draw32(r), Open: simulator.To(m), UnsafeProtocol: x.unsafe(nil)}
		if real {
			_, err = w.Run(job, nil)
		} else if _, err = f.Forge(job); err == nil && x.Spoil != nil {
			x.Spoil(m)
		}
		if err != nil {
			return e, err
		}
		if i == 0 {
			e.Transcript = m
		} else {
			e.More = append(e.More, m)
		}
	}
	return e, nil
}

// schedules is how many orders of events a forger tries. Which keys a message names,
// and what its author knew, depends on the order in which a few things happened
// before it; an order is drawn until it leads there. Among those that do, it is as
// likely as it is in reality, so this gives nothing away.
const schedules = 3000

// link sets up one world of the game of unlinkability.
func (x Experiment) link(r *rand.Rand, real bool) (Evidence, error) {
	shape := [2]uint64{r.Uint64(), r.Uint64()}
	course := func() *rand.Rand { return rand.New(rand.NewPCG(shape[0], shape[1])) }
	sc := Calm(course(), r) // what the transcript says
	w, err := simulator.NewWorld(x.Suite, sc, draw32(r))
	if err != nil {
		return Evidence{}, err
	}
	f, variant := x.forger(w, r), simulator.Variant(r.IntN(2))
	happened := sc
	if !real {
		happened = Calm(course(), r) // what was really said, when the message was written
	}
	m := &transcript.Memory{}
	witness := simulator.NewWitness(w.Suite)
	_, err = w.Run(simulator.Job{Script: happened, Schedule: r.Uint64(), Coins: draw32(r), Open: simulator.To(m), UnsafeProtocol: x.unsafe(nil)}, witness)
	if err != nil {
		return Evidence{}, err
	}
	author, upload, ok := x.choose(w.Suite, m, r)
	if !ok { // nobody said anything: another conversation
		return x.link(r, real)
	}
	st, err := witness.State(author, upload, variant)
	if err != nil {
		return Evidence{}, err
	}
	e := Evidence{World: w, Transcript: m, State: &st}
	if real {
		return e, nil
	}
	for range schedules {
		e.Transcript = &transcript.Memory{}
		_, err = f.Forge(simulator.Job{Script: sc, Schedule: r.Uint64(), Coins: draw32(r), Open: simulator.To(e.Transcript),
			Place: []transcript.MessageState{st}, UnsafeProtocol: x.unsafe(&st)})
		if err == nil {
			if x.Spoil != nil {
				x.Spoil(e.Transcript)
			}
			return e, nil
		}
	}
	return e, err
}

// choose picks one of the messages of a transcript, each as likely as the other.
func (x Experiment) choose(s suite.Suite, m *transcript.Memory, r *rand.Rand) (identity.ID, []byte, bool) {
	var all []*said
	seen, begun := map[string]bool{}, map[suite.Hash]bool{}
	for _, m := range read(s, m).all {
		u, ok := m.message.(exchange.Upload)
		if !ok || seen[string(m.opened.Plain)] {
			continue
		}
		d, err := conversation.Parse(s, u.Data)
		if err != nil {
			continue
		}
		if !x.Texts || d.Type == conversation.MSG && begun[d.Sid] {
			seen[string(m.opened.Plain)] = true
			all = append(all, m)
		}
		begun[d.Sid] = begun[d.Sid] || d.Type == conversation.MSG
	}
	if len(all) == 0 {
		return "", nil, false
	}
	pick := all[r.IntN(len(all))]
	return pick.from, pick.opened.Plain, true
}

// Expecting is d for one who knows that the protocol spoken leaves the trace that d
// looks for: what does not show it is simulated.
func Expecting(d Distinguisher) Distinguisher {
	return analyst{d.Name(), d.What(), func(e Evidence) Opinion {
		o := d.Judge(e)
		if o.Answer == CannotTell {
			return isSimulated("the trace that this protocol leaves is missing: %s", o.Reason)
		}
		return o
	}}
}

// Trusting is d for one who takes what shows no contradiction to be real.
func Trusting(d Distinguisher) Distinguisher {
	return analyst{d.Name(), d.What(), func(e Evidence) Opinion {
		if o := d.Judge(e); o.Answer != CannotTell {
			return o
		}
		return isReal("no contradiction")
	}}
}
