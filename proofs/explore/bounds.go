package explore

// Standard lists what the audit explores: more than ten million states in all. Of
// the larger ones it reaches what a number of states allows, to a whole depth.
func Standard() (out []Bounds) {
	// To the end: one text, whichever provider is the honest one.
	for providers := 2; providers <= 3; providers++ {
		for honest := range providers {
			out = append(out, Bounds{Participants: 3, Providers: providers, Honest: honest, Messages: 1})
		}
	}
	two := func(honest int) Bounds { return Bounds{Participants: 3, Providers: 2, Honest: honest} }
	with := func(b Bounds, change func(*Bounds)) { change(&b); out = append(out, b) }
	with(two(1), func(b *Bounds) { b.Messages, b.Changes = 1, 1 })
	with(two(1), func(b *Bounds) { b.Messages, b.Substitutions = 1, 1 })
	with(two(-1), func(b *Bounds) { b.Providers, b.Messages = 1, 1 })

	// To a depth: an honest router, and more in flight together.
	with(two(0), func(b *Bounds) { b.Messages, b.Changes, b.States = 1, 1, 4_000_000 })
	with(two(0), func(b *Bounds) { b.Messages, b.States = 2, 1_000_000 })
	with(two(1), func(b *Bounds) { b.Messages, b.States = 2, 1_000_000 })

	// And everything at once: three texts, a change and a restart, lies and refusals.
	for providers := 2; providers <= 3; providers++ {
		for honest := range providers {
			out = append(out, Bounds{Participants: 3, Providers: providers, Honest: honest, Messages: 3, Changes: 1, Restarts: 1,
				Substitutions: 1, Refusals: 1, States: 200_000})
		}
	}
	for honest := range 2 {
		with(two(honest), func(b *Bounds) {
			b.Corrupt, b.Messages, b.Changes, b.Substitutions, b.Refusals, b.States = 1, 2, 1, 1, 1, 200_000
		})
	}
	with(two(-1), func(b *Bounds) { b.Messages, b.Changes, b.States = 2, 1, 50_000 })
	return out
}

// Full lists what takes longer: one text and one change to the end, whichever
// provider is honest, and two texts. It is as much as fits into some gigabytes.
func Full() (out []Bounds) {
	for providers := 2; providers <= 3; providers++ {
		for honest := range providers {
			out = append(out,
				Bounds{Participants: 3, Providers: providers, Honest: honest, Messages: 1, Changes: 1, States: 60_000_000},
				Bounds{Participants: 3, Providers: providers, Honest: honest, Messages: 2, States: 60_000_000})
		}
	}
	return out
}
