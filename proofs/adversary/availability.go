package adversary

import (
	"fmt"

	"cowpi.example/cowpi"
	"cowpi.example/cowpi/identity"
	"cowpi.example/proofs/game"
)

// unavailing are those that try to stop a conversation of others for good.
var unavailing = []game.Adversary{BadWeather}

var available = []string{"availability"}

// BadWeather does to honest people what networks and phones do to them anyway.
var BadWeather = game.Adversary{
	Name:   "bad-weather",
	What:   "Cuts connections, takes people off the network, and lets nodes crash, while people write, restart one another and change their keys.",
	Source: "Kingsbury (2013), Jepsen; this project's crash tests",
	Games:  available,
	Attack: func(o *game.Oracles) error {
		for i := range 10 {
			who, other := two(o)
			if err := refusedOr(weather(o, i, who, other)); err != nil {
				return err
			}
			for range o.Rand().IntN(30) {
				if more, err := o.Step(); err != nil || !more {
					return err
				}
			}
		}
		return nil
	},
}

func weather(o *game.Oracles, i int, who, other string) error {
	at := string(o.ProviderSet().At(o.Rand().IntN(o.Setting().Providers)).ID)
	switch o.Rand().IntN(8) {
	case 0, 1, 2:
		return o.Say(who, o.Main(), fmt.Sprintf("weather %d", i))
	case 3:
		return o.Cut(who, at)
	case 4:
		return o.Crash(oneOf(o, who, at))
	case 5:
		return o.Offline(who, o.Rand().IntN(2) == 0)
	case 6:
		return o.Do(who, cowpi.Update{Sid: o.Main(), Restart: []identity.ID{identity.ID(other)}})
	}
	return o.Do(who, oneOf[cowpi.Input](o, cowpi.ReplaceStock{}, cowpi.RenewChannels{}))
}
