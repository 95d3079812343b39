package explore

// Standard lists what the audit explores: more than ten million states in all.
func Standard() (out []Bounds) {
	// To the end, whichever provider is the honest one.
	for providers := 2; providers <= 3; providers++ {
		for honest := range providers {
			b := Bounds{Participants: 3, Providers: providers, Honest: honest, Messages: 1}
			lie, text, change := b, b, b
			lie.Substitutions, text.Messages, change.Changes = 1, 2, 1
			out = append(out, lie, text, change)
		}
	}
	two := func(honest int, change func(*Bounds)) {
		b := Bounds{Participants: 3, Providers: 2, Honest: honest}
		change(&b)
		out = append(out, b)
	}
	for honest := range 2 {
		two(honest, func(b *Bounds) { b.Messages, b.Refusals = 1, 1 })
		two(honest, func(b *Bounds) { b.Participants, b.Changes, b.Restarts = 2, 1, 1 })
		two(honest, func(b *Bounds) { b.Corrupt, b.Messages, b.Substitutions = 1, 1, 1 })
	}
	two(-1, func(b *Bounds) { b.Messages, b.States = 1, 200_000 })
	two(-1, func(b *Bounds) { b.Providers, b.Messages, b.Changes, b.States = 1, 1, 1, 200_000 })

	// To a depth: every order, without the reductions, which would hide what is wrong with
	// themselves.
	for honest := range 2 {
		two(honest, func(b *Bounds) { b.Messages, b.Changes, b.All, b.States = 1, 1, true, 5_000_000 })
	}

	// And everything at once: three texts, a change and a restart, lies and refusals.
	for providers := 2; providers <= 3; providers++ {
		for honest := range providers {
			out = append(out, Bounds{Participants: 3, Providers: providers, Honest: honest, Messages: 3, Changes: 1, Restarts: 1,
				Substitutions: 1, Refusals: 1, States: 800_000})
		}
	}
	for honest := range 2 {
		two(honest, func(b *Bounds) {
			b.Corrupt, b.Messages, b.Changes, b.Substitutions, b.Refusals, b.States = 1, 2, 1, 1, 1, 800_000
		})
	}
	return out
}

// Full lists what takes longer, and up to twenty gigabytes of memory.
func Full() (out []Bounds) {
	for providers := 2; providers <= 3; providers++ {
		for honest := range providers {
			b := Bounds{Participants: 3, Providers: providers, Honest: honest, Messages: 1, Changes: 1, Substitutions: 1, States: 2_000_000}
			text, both, all := b, b, b
			text.Messages, text.Changes = 3, 0
			both.Messages, both.Substitutions = 2, 0
			all.Messages = 3
			out = append(out, b, text, both, all)
		}
	}
	return out
}
