package show

import (
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/suite"
	"cowpi.example/transcript"
)

// Model is what is drawn. Its strings are as they were in the transcript: whoever
// draws one makes it [Safe] first.
type Model struct {
	Suite         string
	Providers     []identity.ID // the provider set, router first
	Records       uint64        // read
	Conversations []*Conversation
	Faults        []Fault  // what participants accuse providers of
	Left          []string // what was left out, in words
}

// Conversation is one conversation.
type Conversation struct {
	Sid          suite.Hash
	Number       int            // from 1, in order of first sight
	Participants []*Participant // the lanes of people
	Providers    []identity.ID  // the lanes of providers: the set, and corrupt copies that took part
	Rows         []*Row         // by ascending index
	Epochs       []Epoch        // of the rows, in their order
	First        *Difference    // nil: no two deliveries and no two views differ
	Differences  []*Difference  // of Rows, in their order: First and those after it
	Stops        []*Stop        // in the order in which they happened
	Left         []string       // what was left out, in words
}

// Participant is one person's lane.
type Participant struct {
	ID    identity.ID
	Spans []Span // when it took part
	State State
	Last  uint64 // the last index that it is known to have processed
	Code  string // the conversation code, if it was recorded when the conversation ended
}

// Span is a stretch of indices during which a participant took part. Open: it
// still does.
type Span struct {
	From, To uint64
	Open     bool
}

// State is where a participant stands at the end.
type State uint8

// The states.
const (
	Outside State = iota // has seen nothing
	Active
	Stopped
	Removed
	Gone // left
	Declined
)

func (s State) String() string {
	return [...]string{"has seen nothing", "takes part", "stopped", "was removed", "has left", "declined"}[s]
}

// Epoch is a stretch of rows between two changes of the roster.
type Epoch struct {
	Number  uint32
	Row     int // position in Rows of its first
	Members []identity.ID
}

// Row is one index.
type Row struct {
	Index      uint64
	Skipped    uint64 // how many indices before this one are not drawn
	Epoch      uint32 // for an UPDATE the one that it begins
	Variants   []*Variant
	Proposals  []*Proposal
	Deliveries []*Delivery
	Sights     []*Sight
	Stops      []*Stop
	Notes      []Note
	Partial    bool // others' part was let go before this came: only the late part is here
	Differs    bool // two deliveries, or two sights, differ
	More       int  // deliveries that are counted but not listed
	roster     []identity.ID
}

// Variant is one of the things that providers delivered as this index. With
// honest providers there is one.
type Variant struct {
	Letter  string // A for what was delivered most often, then B and so on; "" for what was only proposed
	Entry   Entry
	Uploads []*Upload
	Count   int  // deliveries
	Bare    bool // delivered, with a digest that another variant of the same data has not

	// Elsewhere is another index as which the same was delivered, if it was shown
	// there and not here.
	Elsewhere *uint64

	data   [32]byte
	before suite.Hash
	text   []byte // shown Elsewhere
}

// Entry is what can be read of a data block without any secret.
type Entry struct {
	Type    string // SETUP, MSG, RCPT, UPDATE, or "" if it is no data block
	Epoch   uint32 // in which it was written
	Author  identity.ID
	K       uint64 // the author had processed up to here
	Stopped bool   // RCPT: the author stopped
	Bytes   int
	unnamed bool          // Author is no id: the roster that has it is not known
	roster  []identity.ID // SETUP, UPDATE: the new one; otherwise that of the epoch, if known
	sid     suite.Hash
}

// Upload is an upload on its way to the router.
type Upload struct {
	From, To identity.ID
	Arrived  bool
	Refused  string // why, if it was
}

// Proposal is an entry that a router proposed to a mirror for this index.
type Proposal struct {
	From, To  identity.ID
	Variant   *Variant // one that was delivered, or one without a letter
	Arrived   bool
	Committed bool
	Refused   bool
}

// Delivery is what one provider delivered to one participant.
type Delivery struct {
	From, To identity.ID
	Variant  *Variant
	Arrived  bool
	Times    int
	Prime    bool // same data, but another block or other prekeys than this participant got first
	own      [32]byte
}

// Sight is what one participant was shown at one index.
type Sight struct {
	Who      identity.ID
	Saw      transcript.Saw // Text, Repeat, Unreadable or Roster; the text cut
	Cut      int            // bytes of the text that are left out
	HasIt    []identity.ID  // who has processed it, as Who knows
	Stopped  []identity.ID  // who says at this index that it stopped
	shown    bool           // Saw is set; otherwise there are only receipts
	textHash [32]byte       // of the whole text
}

// Shown says whether the participant was shown anything here, or only somebody's
// receipt.
func (s *Sight) Shown() bool { return s.shown }

// Stop is where a participant stopped.
type Stop struct {
	Who   identity.ID
	Index uint64 // the one that it did not process
	Check string // of SPEC.md; "" if it was no check
	Why   string
	Over  bool // somebody restarted it since
}

// Fault is an accusation: Who says that Provider broke a check.
type Fault struct {
	Who, Provider identity.ID
	Check, Why    string
}

// Note is something else that happened around an index.
type Note struct {
	Who  identity.ID
	What string // in words that follow the name; trusted
}

// Difference says how things part at one index.
type Difference struct {
	Index      uint64
	Deliveries []*Variant // the variants delivered, if these differ
	Primes     bool       // some participant got different blocks or prekeys for the same data
	Sights     [][]*Sight // groups of participants that were shown the same, if these differ
	Silent     []identity.ID
	Noticed    []*Stop // who stopped at just this index
	row        *Row
}
