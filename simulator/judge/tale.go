package judge

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"cowpi.example/cowpi/script"
)

// Tale makes a small random script: two to four people, one or two conversations,
// who come and go, lose their connection or crash. No two texts are the same.
func Tale(r *rand.Rand) script.Script { return tale(r, r, true) }

// Calm makes a small random script, with two or three people, in which one thing happens after the other. The
// course of events is drawn from shape and the words from words: two calm scripts
// of one shape differ in all that is said.
func Calm(shape, words *rand.Rand) script.Script { return tale(shape, words, false) }

var cast = []string{"Alice", "Bob", "Charlie", "Dave"}

func tale(shape, words *rand.Rand, wild bool) script.Script {
	most := 2
	if wild {
		most = 3
	}
	users := cast[:2+shape.IntN(most)]
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("providers %d", 2+shape.IntN(2))
	in := slices.Clone(users[:max(2, len(users)-shape.IntN(2))])
	line("conversation lunch: %s", strings.Join(in, " "))
	said := 0
	say := func(who string) {
		said++
		line("%s in lunch: %s %d", who, sentence(words), said)
	}
	pick := func(list []string) string { return list[shape.IntN(len(list))] }
	for range 2 + shape.IntN(4) {
		out := slices.DeleteFunc(slices.Clone(users), func(u string) bool { return slices.Contains(in, u) })
		switch what := shape.IntN(12); {
		case what == 0 && len(out) > 0:
			who := pick(out)
			line("%s adds %s in lunch", pick(in), who)
			in = append(in, who)
		case what == 1 && len(in) > 2:
			i := 1 + shape.IntN(len(in)-1)
			line("%s removes %s in lunch", in[0], in[i])
			in = slices.Delete(in, i, i+1)
		case what == 2:
			line("%s restarts %s in lunch", pick(in), pick(in))
		case what == 3 && wild:
			who := pick(in)
			line("%s goes offline", who)
			say(pick(in))
			line("%s comes back", who)
		case what == 4 && wild:
			line("%s crashes", pick([]string{"router", "mirror1", pick(in)}))
		case what == 5 && wild:
			line("together")
			for range 2 + shape.IntN(2) {
				say(pick(in))
			}
			line("end")
		default:
			say(pick(in))
		}
	}
	if shape.IntN(4) == 0 {
		line("conversation second: %s %s", users[1], users[0])
		line("%s in second: %s %d", users[0], sentence(words), said+1)
	}
	s, err := script.Parse(b.String())
	if err != nil { // the generator is wrong
		panic(fmt.Sprintf("%v\n%s", err, b.String()))
	}
	return s
}

// sentence is some words, of any length between short and not so short.
func sentence(r *rand.Rand) string {
	lexicon := []string{"lunch", "protest", "yes", "no", "when", "the train is late", "I am in", "perhaps", "see you there", "who else", "noon"}
	var out []string
	for range 1 + r.IntN(12) {
		out = append(out, lexicon[r.IntN(len(lexicon))])
	}
	return strings.Join(out, " ")
}
