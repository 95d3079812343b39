package fault

// Check is the number of a check in the table of SPEC.md, section 11.
type Check string

// Encodings.
const (
	W1 Check = "W1" // canonical: known version, bounded lengths, nothing left over
	W2 Check = "W2" // ids: 1 to 64 bytes of UTF-8, padded with zeros
	W3 Check = "W3" // public keys: canonical, not of small order
)

// Channel.
const (
	H1 Check = "H1" // the seal of handshake message 2 opens under t1
	H2 Check = "H2" // the provider's id in message 2 is the one that was dialled
	H3 Check = "H3" // the seal of handshake message 3 opens under t2
	H4 Check = "H4" // role and id of message 3 are well formed; a router is the one of the set
	H5 Check = "H5" // no data before confirmation
	F1 Check = "F1" // a frame opens under the next key of its direction: no gap, no replay
	F2 Check = "F2" // the padding of a frame is canonical
	F4 Check = "F4" // an inner handshake follows its order
)

// Pairs: blocks.
const (
	P1 Check = "P1" // a block has one of the two forms, whole
	P2 Check = "P2" // a start form names a key that we still hold
	P3 Check = "P3" // n moves forward, by at most 1,000
	P4 Check = "P4" // a short form has a chain to go on with
	P5 Check = "P5" // the seal of a block opens
	P6 Check = "P6" // the receive key that a block offers is well formed
	P7 Check = "P7" // k_m is zero where there is no content
)

// Valid: public state, data block, recipients.
const (
	V1  Check = "V1"  // version and suite
	V2  Check = "V2"  // the Sid is that of the conversation; of a SETUP the hash of its fields
	V3  Check = "V3"  // the kind of block that the state expects
	V4  Check = "V4"  // epoch and roster digest are current
	V5  Check = "V5"  // the author is a participant
	V6  Check = "V6"  // seq is the author's last plus one
	V7  Check = "V7"  // k: not below the author's last, not from the future
	V8  Check = "V8"  // a roster is sorted, without repeats, of allowed size
	V10 Check = "V10" // kept entries are unchanged; new and restarted ones join at the new epoch
	V11 Check = "V11" // an author that leaves does nothing else
	V12 Check = "V12" // the author's id is that of its position
	V13 Check = "V13" // the provider set is that of the conversation, and of the participant
	V14 Check = "V14" // blocks for exactly the right recipients, with well-formed headers
)

// Content, as a participant opens it.
const (
	C1 Check = "C1" // k_m fits com
	C2 Check = "C2" // the text opens, its padding is canonical; else it is unreadable for all
	C3 Check = "C3" // a text of an author that was shown before is reported as a repeat
)

// Deliveries, as a participant judges them.
const (
	D1 Check = "D1" // every provider delivers the same for an index
	D2 Check = "D2" // h_{i-1} is the participant's own
	D3 Check = "D3" // there is a block for everybody but the author
	D4 Check = "D4" // one's own upload is one that was made
	D5 Check = "D5" // assigned prekeys: for just the pairs due, and of one's own those in stock
	D6 Check = "D6" // only an UPDATE that adds or restarts, at a later index and a greater epoch, leads on after a stop
	D7 Check = "D7" // a provider stays within its window of deliveries
)

// The directory, as a user judges it.
const (
	T1 Check = "T1" // a key that differs from the trust table waits for a decision
	T2 Check = "T2" // every provider answers a fetch with the same, for just the ids asked
	T3 Check = "T3" // at equal positions all hand-out logs are the same
	T4 Check = "T4" // a roster holds one's own key and not another
)

// What people compare.
const (
	U1 Check = "U1" // a message of a verification, or a scanned code, is well formed
	U2 Check = "U2" // the confirmation of a verification matches
	U3 Check = "U3" // a scanned safety number is that of the pair
)

// Admission and the directory, as a provider judges users.
const (
	A1 Check = "A1" // the authentication key is one of the author's last eight
	A2 Check = "A2" // the authentication block verifies, and the author itself uploads
	A3 Check = "A3" // keys of new entries are those of the directory, and were shown
	A4 Check = "A4" // the stocks suffice for the assigned prekeys
	A5 Check = "A5" // a named prekey was handed to this author for this, and is unused
	A6 Check = "A6" // limits
	R1 Check = "R1" // a user is registered, with the key it shows
	R3 Check = "R3" // ids of prekeys are unique for their owner, and there are not too many
)

// Between router and mirror.
const (
	M1 Check = "M1" // the logs agree and have no gaps
	M2 Check = "M2" // a proposal is for the next index, and the only one of its conversation
	M3 Check = "M3" // prekeys picked are just those needed, in stock and unused
	M4 Check = "M4" // a commit is of what was proposed and accepted
	M5 Check = "M5" // a fetch is new, its prekeys are in stock and unused
	M6 Check = "M6" // only a fetched, unused prekey that no proposal names expires
	M7 Check = "M7" // only what is in stock, or fetched and no proposal names, is withdrawn
	M8 Check = "M8" // a verdict is about the proposal in flight
)
