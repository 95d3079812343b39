package cowpi_test

import (
	"crypto/rand"
	"fmt"
	"time"

	"cowpi.example/cowpi"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/store"
	"cowpi.example/cowpi/suite"
)

// phone is a complete participant: its machine, its store, its wires.
type phone struct {
	machine *cowpi.Participant
	store   store.Memory // yours: a database
	network network      // yours: sockets and a timer
	sid     suite.Hash
}

// do is one step: ask the machine, commit, then act. Inputs come one at a time:
// what links bring, what the user wants, and a Tick when it is time.
func (p *phone) do(in cowpi.Input) error {
	var seed suite.Seed
	rand.Read(seed[:])
	out, err := p.machine.Step(&p.store, in, seed, cowpi.Time(time.Now().UnixMilli()))
	if err != nil {
		return err // nothing has changed
	}
	p.store.Commit(out.Records) // yours: with out.Events in one transaction
	for _, effect := range out.Effects {
		switch e := effect.(type) {
		case cowpi.Transmit:
			p.network.send(e.Provider, e.Bytes)
		case cowpi.Hangup:
			p.network.hangUp(e.Provider)
		case cowpi.WakeAt:
			p.network.wakeAt(e.At)
		}
	}
	for _, event := range out.Events {
		switch e := event.Body.(type) {
		case cowpi.RosterChanged:
			p.sid = e.Sid
		case cowpi.Shown:
			fmt.Printf("%s: %s\n", e.Author, e.Text.Text)
		case cowpi.Ended:
			fmt.Println("the conversation has ended:", e.Reason, e.Err)
		}
	}
	return nil
}

func newPhone(self identity.Self, providers identity.Providers, n network) (*phone, error) {
	machine, err := cowpi.New(cowpi.Config{Self: self, Providers: providers})
	return &phone{machine: machine, network: n}, err
}
