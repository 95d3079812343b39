package cowpitest

import (
	"fmt"
	"testing"

	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/pair"
	"cowpi.example/cowpi/provider"
	"cowpi.example/cowpi"
)

func TestDbg(t *testing.T) {
	for i := range tales {
		if tales[i].name != "stock and channels" {
			continue
		}
		ta := tales[i]
		play := ta.play
		ta.play = func(t *teller) {
			show := func(who string, b []byte) string {
				h, _ := pair.ParseHeader(t.suite, b)
				return fmt.Sprintf("%+v", h)
			}
			for _, u := range t.Users {
				u.Corrupt = func(up exchange.Upload) exchange.Upload {
					d, _ := conversation.Parse(t.suite, up.Data)
					s := fmt.Sprintf("%s uploads type %d epoch %d seq %d k %d id %x:", u.Self.ID, d.Type, d.Epoch, d.Seq, d.K, d.Hash())
					for _, b := range up.Blocks {
						s += show("", b)
					}
					fmt.Println(s)
					return up
				}
			}
			t.Providers[0].Corrupt = func(to identity.ID, m exchange.Message) []exchange.Message {
				switch m := m.(type) {
				case exchange.Delivery:
					d, _ := conversation.Parse(t.suite, m.Data)
					fmt.Printf("to %s index %d type %d hash %x block %s assigned %v\n", to, m.Index, d.Type, d.Hash(), show("", m.Block), m.Assigned)
				case exchange.Refused:
					fmt.Printf("to %s %+v\n", to, m)
				case exchange.Seen:
					fmt.Printf("to %s %+v\n", to, m)
				}
				return []exchange.Message{m}
			}
			play(t)
		}
		tt, err := ta.tell(run{seed: 1, suite: Cheap, crash: crashPoint{"a", 2, AfterEffects}})
		fmt.Println(err)
		for _, u := range tt.Users {
			for _, e := range u.Events {
				fmt.Printf("%s %d %T %+v\n", u.Self.ID, e.Number, e.Body, e.Body)
			}
		}
		_ = cowpi.Online{}
		_ = provider.Tick{}
	}
}
