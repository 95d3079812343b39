package channel

import "cowpi.example/cowpi/suite"

// UnsafeOver is the same channel on another suite, which must be one around its own.
// It is for copies of machines: see cowpi.Participant.UnsafeCopy. The zero value stays
// as it is.
func (c Conn) UnsafeOver(s suite.Suite) Conn {
	if c.suite == nil {
		return c
	}
	c.suite = s
	switch r := c.renewal.(type) {
	case awaitReply:
		c.renewal = awaitReply{r.d.UnsafeOver(s)}
	case awaitFinish:
		c.renewal = awaitFinish{r.a.UnsafeOver(s)}
	}
	return c
}

// UnsafeOver is that of a Conn.
func (d Dialling) UnsafeOver(s suite.Suite) Dialling {
	if d.suite != nil {
		d.suite = s
	}
	return d
}

// UnsafeOver is that of a Conn.
func (a Answering) UnsafeOver(s suite.Suite) Answering {
	if a.suite != nil {
		a.suite = s
	}
	return a
}
