package channel

// Word is, for games and tests, what one end of a channel says or hears: that there is
// a channel, by the id of its authentication key, or a payload. Who says and who hears
// must agree; that is what channels are for.
type Word struct {
	Said    bool // else heard, that is: believed
	Session [8]byte
	Payload []byte // nil: the channel itself
}

// Begins is the word that there is this channel.
func (c Conn) Begins(said bool) Word { return Word{Said: said, Session: c.auth.id} }
