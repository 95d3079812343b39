package show

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"cowpi.example/cowpi/identity"
	"cowpi.example/transcript"
)

// The sentences that terminal and page share. All are safe to draw.

// Name names a conversation as messages of the library do.
func (c *Conversation) Name() string {
	return fmt.Sprintf("Conversation %d (%x)", c.Number, c.Sid[:4])
}

// what says what an entry is, in words.
func (e Entry) what() string {
	switch e.Type {
	case "":
		return fmt.Sprintf("%d bytes that are no data block", e.Bytes)
	case "SETUP":
		return "the beginning, by " + name(e.Author)
	case "UPDATE":
		return "a change of the roster, by " + name(e.Author)
	case "RCPT":
		if e.Stopped {
			return fmt.Sprintf("word of %s that it stopped after %d", name(e.Author), e.K)
		}
		return fmt.Sprintf("a receipt of %s for all up to %d", name(e.Author), e.K)
	}
	return "a text by " + name(e.Author)
}

// what says what a variant is, and its text in quotes if anybody was shown it.
func (r *Row) what(v *Variant) string {
	s := v.Entry.what()
	if v.Bare {
		s += ", after another past"
	}
	if v.Entry.Type != "MSG" {
		return s
	}
	if text, ok := r.text(v); ok {
		return s + ": “" + brief(text) + "”"
	}
	if v.Elsewhere != nil {
		return fmt.Sprintf("%s: “%s”, which others have at index %d", s, brief(v.text), *v.Elsewhere)
	}
	return s + ", which nobody was shown"
}

// unseen says what an index is that nobody was shown anything of, or "".
func (c *Conversation) unseen(r *Row) string {
	vs := delivered(r)
	if r.Differs || len(r.Sights) > 0 || len(vs) == 0 {
		return ""
	}
	return r.what(vs[0]) + "; delivered by " + c.from(r, vs[0])
}

// text finds what was shown of a variant: whoever was shown a text at this index
// got the variant, from somebody.
func (r *Row) text(v *Variant) ([]byte, bool) {
	for _, o := range r.Sights {
		if o.shown && o.Saw.What == transcript.Text && o.Saw.Party == v.Entry.Author &&
			slices.ContainsFunc(r.Deliveries, func(d *Delivery) bool { return d.To == o.Who && d.Variant == v }) {
			return o.Saw.Text, true
		}
	}
	return nil, false
}

// brief is a text in one line of at most 80 runes.
func brief(text []byte) string {
	runes := []rune(string(text))
	if len(runes) > 80 {
		return Safe(string(runes[:80])) + "…"
	}
	return Safe(string(text))
}

// from says who delivered a variant to whom: "router* to Charlie and Dave; mirror1 to
// Alice".
func (c *Conversation) from(r *Row, v *Variant) string {
	var keys []string
	to := map[string][]identity.ID{}
	by := map[identity.ID][]identity.ID{}
	var order []identity.ID
	for _, d := range r.Deliveries {
		if d.Variant != v || slices.Contains(by[d.From], d.To) {
			continue
		}
		if by[d.From] == nil {
			order = append(order, d.From)
		}
		by[d.From] = append(by[d.From], d.To)
	}
	slices.SortFunc(order, func(a, b identity.ID) int {
		return cmp.Compare(slices.Index(c.Providers, a), slices.Index(c.Providers, b))
	})
	for _, from := range order {
		slices.Sort(by[from])
		key := fmt.Sprintf("%q", by[from])
		if to[key] == nil {
			keys = append(keys, key)
		}
		to[key] = append(to[key], from)
	}
	var out []string
	for _, key := range keys {
		out = append(out, names(to[key])+" to "+names(by[to[key][0]]))
	}
	if r.More > 0 {
		out = append(out, "and others")
	}
	return strings.Join(out, "; ")
}

// headline is the one sentence that matters most, and what follows from it.
func (c *Conversation) headline() (string, []string) {
	d := c.First
	if d == nil {
		head := "Nothing differs: at every index compared, all providers delivered the same, and nobody was shown anything else."
		if len(c.Stops) > 0 {
			return head, nil
		}
		return head, []string{"Nobody stopped."}
	}
	var head string
	switch {
	case d.Deliveries != nil && len(d.Sights) > 1:
		head = fmt.Sprintf("Views part at index %d: providers delivered different things, and participants were shown different things.", d.Index)
	case len(d.Sights) > 1:
		head = fmt.Sprintf("Views part at index %d: participants were shown different things.", d.Index)
	case d.Deliveries != nil:
		head = fmt.Sprintf("Deliveries part at index %d: providers delivered different things for it.", d.Index)
	case d.row.Partial:
		head = fmt.Sprintf("Things part at index %d: what came late there is not what others had got before.", d.Index)
	case d.Primes:
		head = fmt.Sprintf("Deliveries part at index %d: providers delivered the same data there, but not the same block or prekeys to one participant.", d.Index)
	default:
		head = fmt.Sprintf("Views part at index %d: %s went past it and was shown nothing there.", d.Index, names(d.Silent))
	}
	return head, d.consequence(c)
}

// consequence says who noticed, and whether anybody was misled.
func (d *Difference) consequence(c *Conversation) (out []string) {
	if len(d.Sights) == 1 && len(d.Silent) == 0 || d.Sights == nil {
		if len(d.Noticed) > 0 && !d.row.Partial {
			out = append(out, "No two participants were shown different things there.")
		}
	}
	if len(d.Silent) > 0 && len(d.Sights) > 1 {
		out = append(out, names(d.Silent)+" went past it and was shown nothing.")
	}
	if len(d.Noticed) > 0 {
		out = append(out, fmt.Sprintf("%s noticed, and stopped before processing index %d.", names(whose(d.Noticed)), d.Index))
	} else {
		out = append(out, "Nobody stopped there.")
	}
	if n := len(c.Differences) - 1; n > 0 {
		out = append(out, fmt.Sprintf("%s after it in this picture %s too.", count(uint64(n), "index", "indices"), map[bool]string{true: "differs", false: "differ"}[n == 1]))
	}
	return out
}

func whose(stops []*Stop) (out []identity.ID) {
	for _, s := range stops {
		if !slices.Contains(out, s.Who) {
			out = append(out, s.Who)
		}
	}
	slices.Sort(out)
	return out
}

// verdict says why somebody stopped.
func (s *Stop) verdict() string {
	why := Safe(s.Why)
	if why == "" {
		why = "no reason is given"
	}
	if s.Check != "" && !strings.Contains(why, "check "+s.Check) {
		why = "check " + Safe(s.Check) + ": " + why
	}
	return why
}

// changes says what a roster event was, one change a line.
func changes(s transcript.Saw) (out []string) {
	by := name(s.Party)
	if s.Index == 0 {
		with := slices.DeleteFunc(slices.Clone(s.Added), func(id identity.ID) bool { return id == s.Party })
		if len(with) == 0 {
			return []string{"* " + by + " begins alone"}
		}
		return []string{"* " + by + " begins, with " + names(with)}
	}
	if len(s.Added) > 0 {
		out = append(out, "+ "+by+" adds "+names(s.Added))
	}
	if i := slices.Index(s.Removed, s.Party); i >= 0 {
		out = append(out, "- "+by+" leaves")
	}
	if gone := slices.DeleteFunc(slices.Clone(s.Removed), func(id identity.ID) bool { return id == s.Party }); len(gone) > 0 {
		out = append(out, "- "+by+" removes "+names(gone))
	}
	if len(s.Restarted) > 0 {
		out = append(out, "~ "+by+" restarts "+names(s.Restarted))
	}
	if len(out) == 0 {
		out = append(out, "* "+by+" begins an epoch, with the same people")
	}
	return out
}

// fault is an accusation in words.
func (f Fault) words() string {
	by := "a provider, which cannot be told,"
	if f.Provider != "" {
		by = name(f.Provider)
	}
	return fmt.Sprintf("%s says that %s broke a check: %s", name(f.Who), by, (&Stop{Check: f.Check, Why: f.Why}).verdict())
}
