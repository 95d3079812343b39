package verify

// Check names one thing that a transcript is checked for. Names are stable.
type Check string

// The checks that need public bytes only.
const (
	ConnectionOrder   Check = "connection-order"
	ConnectionOpen    Check = "connection-open"
	ArrivalOrder      Check = "arrival-order"
	HandshakeForm     Check = "handshake-form"
	HandshakePoints   Check = "handshake-points"
	HandshakeIdentity Check = "handshake-identity"
	FrameSize         Check = "frame-size"
	FrameFirst        Check = "frame-first"
	FrameOrder        Check = "frame-order"
	Renewing          Check = "renewal"
	Opened            Check = "opened"
	MessageForm       Check = "message-form"
	MessageDirection  Check = "message-direction"
	RegistrationSame  Check = "registration-same"

	UploadForm    Check = "upload-form"
	UploadAuthor  Check = "upload-author"
	UploadBlocks  Check = "upload-blocks"
	UploadRefused Check = "upload-refused"

	DataBlock      Check = "data-block"
	DigestChain    Check = "digest-chain"
	Valid          Check = "valid"
	Uploaded       Check = "uploaded"
	DeliveryBlock  Check = "delivery-block"
	DeliveryOrder  Check = "delivery-order"
	ProviderSame   Check = "provider-same"
	ProvidersAgree Check = "providers-agree"

	PrekeysSame     Check = "prekeys-same"
	PrekeyStock     Check = "prekey-stock"
	PrekeyOnce      Check = "prekey-once"
	PrekeysAssigned Check = "prekeys-assigned"
	PrekeysFetched  Check = "prekeys-fetched"
	FetchSame       Check = "fetch-same"
	FetchKeys       Check = "fetch-keys"
	HandoutsSame    Check = "handouts-same"

	LinkLog       Check = "link-log"
	LinkProposed  Check = "link-proposed"
	LinkCommitted Check = "link-committed"

	ViewOrder   Check = "view-order"
	ViewBacked  Check = "view-backed"
	ViewContent Check = "view-content"
	ViewCode    Check = "view-code"
)

// The checks that need secrets.
const (
	SecretKey      Check = "secret-key"
	MessageUpload  Check = "message-upload"
	MessageSetup   Check = "message-setup"
	MessageText    Check = "message-text"
	MessageShown   Check = "message-shown"
	MessageBlocks  Check = "message-blocks"
	MessageStart   Check = "message-start"
	MessageOffered Check = "message-offered"
	MessageAuth    Check = "message-auth"
	MessageChain   Check = "message-chain"
)

// checks lists all of them in the order of a report, with what it means that one
// is established.
var checks = []struct {
	name    Check
	secrets bool
	means   string
}{
	{ConnectionOrder, false, "connections have ascending numbers, and their ends are users and providers of the set"},
	{ConnectionOpen, false, "nothing is sent, delivered or closed on a connection that is not open"},
	{ArrivalOrder, false, "what arrives was sent before, in the same order"},
	{HandshakeForm, false, "handshake messages have their sizes and stand in their order"},
	{HandshakePoints, false, "keys in handshakes are canonical points, not of small order"},
	{HandshakeIdentity, false, "handshakes name the two ends of their connection, with the registered key"},
	{FrameSize, false, "each frame has the size of what is said to be in it"},
	{FrameFirst, false, "the client's first frame is empty, the provider's a Welcome or a Hello"},
	{FrameOrder, false, "nobody sends data before it is confirmed that the other side has the keys, and no chain lives too long"},
	{Renewing, false, "inner handshakes follow their order"},
	{Opened, false, "messages were opened"},
	{MessageForm, false, "what was in a frame parses, and encodes to the same bytes"},
	{MessageDirection, false, "messages are of those that their sender may send there"},
	{RegistrationSame, false, "all providers have the same key for a user"},
	{UploadForm, false, "uploads hold a data block of this provider set, and one authentication per provider"},
	{UploadAuthor, false, "uploads come from the connection of their author"},
	{UploadBlocks, false, "uploads have one block for each recipient"},
	{UploadRefused, false, "refusals name an upload of that user"},
	{DataBlock, false, "delivered data blocks parse and are of their conversation"},
	{DigestChain, false, "each index continues one that was delivered, by its conversation digest"},
	{Valid, false, "each data block is valid by the public state before it"},
	{Uploaded, false, "what was delivered had been uploaded to the router"},
	{DeliveryBlock, false, "recipients get the block that was uploaded for them, and authors none"},
	{DeliveryOrder, false, "on each connection a conversation comes in order, without gaps"},
	{ProviderSame, false, "a provider says the same of an index to everybody, always"},
	{ProvidersAgree, false, "all providers say the same of an index"},
	{PrekeysSame, false, "batches of prekeys are the same for every provider"},
	{PrekeyStock, false, "prekeys that were handed out had been uploaded by their owner"},
	{PrekeyOnce, false, "prekeys are handed out once"},
	{PrekeysAssigned, false, "assigned prekeys are those due, and both sides are told the same"},
	{PrekeysFetched, false, "blocks to fresh pairs name prekeys that their author fetched for this, each once"},
	{FetchSame, false, "all providers answer a fetch alike, for the ids asked"},
	{FetchKeys, false, "fetches bring the registered keys"},
	{HandoutsSame, false, "all providers tell the same hand-out log"},
	{LinkLog, false, "the logs between router and mirrors have no gaps, fit their digests, and are the same for all mirrors"},
	{LinkProposed, false, "what the router proposed had been uploaded"},
	{LinkCommitted, false, "mirrors delivered what the router committed, and nothing else"},
	{ViewOrder, false, "events of a participant are in order"},
	{ViewBacked, false, "what a participant was shown of an index had been delivered to it by every provider"},
	{ViewContent, false, "author, epoch, rosters, receipts and length of text are those of the data block"},
	{ViewCode, false, "conversation codes are those of the conversation digest"},
	{SecretKey, true, "long-term secrets belong to the keys that stand in handshakes"},
	{MessageUpload, true, "messages whose state was given are in the transcript"},
	{MessageSetup, true, "their Sid is the hash of their SETUP, and their roster is the one they name"},
	{MessageText, true, "their text opens under k_m, which com commits to"},
	{MessageShown, true, "it is the text that participants were shown"},
	{MessageBlocks, true, "their blocks open under the chain keys, to k_m"},
	{MessageStart, true, "one-time keys X are those of the exponents; with the author's secret, of H1(esk, a)"},
	{MessageOffered, true, "offered keys R likewise"},
	{MessageChain, true, "with the author's secret: chain keys follow from esk, a and the key that was named"},
	{MessageAuth, true, "their authentication blocks verify"},
}

// limits is what no transcript establishes, whatever is checked and whichever
// secrets are given. The rest of a report must be read with it.
var limits = []string{
	"Nothing here shows that anybody took part: all of it can be made from public keys alone, and fit.",
	"Nothing here shows who wrote a message: nothing is signed, and whoever can open a block can make one.",
	"Without its message's state no text is bound to any ciphertext: texts stand in views, and only their length is compared.",
	"That a frame or a handshake holds what it is said to hold is the word of the one who opened it: only sizes are compared. No long-term secret opens one.",
	"Authentication blocks are compared with nothing unless their keys are given.",
	"Whether a block opens for its recipient, under which key and at which place of a chain, is not visible.",
	"Order is that of the records: whoever wrote them chose it. There is no time in them but what the writer says.",
	"What the transcript leaves out is not missed: connections, people, conversations, the end.",
}
