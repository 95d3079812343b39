package provider

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/store"
)

// Runs against a set of numbers.
func TestRunsAgainstSets(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		free := map[stockNo]bool{}
		runs := []run{}
		add := func(b uint32, count int) {
			runs = giveRuns(runs, []run{{newStockNo(b, 0), count}})
			for i := range count {
				free[newStockNo(b, i)] = true
			}
		}
		var out [][]run
		for b := uint32(1); b < 12; b++ {
			switch rapid.IntRange(0, 2).Draw(t, "do") {
			case 0:
				add(b, rapid.IntRange(1, 9).Draw(t, "count"))
			case 1:
				n := rapid.IntRange(0, 12).Draw(t, "n")
				odd := rapid.Bool().Draw(t, "odd")
				taken, rest, err := takeRuns(runs, n, func(b uint32) (bool, error) { return !odd || b%2 == 1, nil })
				require.NoError(t, err)
				require.LessOrEqual(t, countRuns(taken), n)
				cut, ok := cutRuns(runs, taken)
				require.True(t, ok)
				require.Equal(t, countRuns(rest), countRuns(cut))
				eachNo(taken, func(_ int, no stockNo) {
					require.True(t, free[no])
					delete(free, no)
				})
				runs = rest
				if len(taken) > 0 {
					_, ok = cutRuns(runs, taken[:1])
					require.False(t, ok, "what is taken cannot be taken again")
					out = append(out, taken)
				}
			case 2:
				if k := len(out); k > 0 {
					runs = giveRuns(runs, out[k-1])
					eachNo(out[k-1], func(_ int, no stockNo) { free[no] = true })
					out = out[:k-1]
				}
			}
			require.Equal(t, len(free), countRuns(runs))
			eachNo(runs, func(_ int, no stockNo) { require.True(t, free[no]) })
			raw := owner{held: b, free: runs}.encode()
			back, err := parseOwner(raw)
			require.NoError(t, err)
			require.Equal(t, raw, back.encode())
		}
	})
}

// The logs between router and mirror, over connections and stores that fail: each
// message is taken exactly once and in order.
func TestLinkLogs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var ours, theirs store.Memory
		var sent, taken []byte
		next := uint64(1) // the next one to send on this connection
		commit := func(m *store.Memory, f func(d *store.Draft) error, fails bool) {
			d := store.NewDraft(m)
			require.NoError(t, f(d))
			if !fails {
				m.Commit(d.Records())
			}
		}
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			fails := rapid.IntRange(0, 4).Draw(t, "crash") == 0
			switch rapid.IntRange(0, 3).Draw(t, "do") {
			case 0:
				b := byte(len(sent))
				commit(&ours, func(d *store.Draft) error { _, err := outlog{d}.append(def, d, []byte{b}); return err }, fails)
				if !fails {
					sent = append(sent, b)
				}
			case 1: // one message arrives
				st, err := outlog{&ours}.state()
				require.NoError(t, err)
				if next > st.last {
					continue
				}
				m, _, err := outlog{&ours}.get(next)
				require.NoError(t, err)
				commit(&theirs, func(d *store.Draft) error {
					fresh, err := inlog{d, 0}.take(def, d, next, m)
					if fresh && !fails {
						taken = append(taken, m...)
					}
					return err
				}, fails)
				if !fails {
					next++
				}
			case 2: // an acknowledgement arrives
				at, _, err := inlog{&theirs, 0}.at()
				require.NoError(t, err)
				commit(&ours, func(d *store.Draft) error { return outlog{d}.ack(d, 1, at, 1, 1) }, fails)
			case 3: // a new connection: both say where they are
				at, h, err := inlog{&theirs, 0}.at()
				require.NoError(t, err)
				st, err := outlog{&ours}.state()
				require.NoError(t, err)
				require.GreaterOrEqual(t, at, st.first-1)
				require.LessOrEqual(t, at, st.last)
				mine, err := outlog{&ours}.digestAt(st, at)
				require.NoError(t, err)
				require.Equal(t, mine, h)
				next = at + 1
			}
			require.Equal(t, string(sent[:len(taken)]), string(taken))
		}
		// A gap, or an acknowledgement of what was never sent: M1.
		d := store.NewDraft(&theirs)
		_, err := inlog{d, 0}.take(def, d, uint64(len(taken))+2, []byte{0})
		require.Equal(t, fault.M1, fault.CheckOf(err))
		d = store.NewDraft(&ours)
		err = outlog{d}.ack(d, 1, uint64(len(sent))+1, 1, 1)
		require.Equal(t, fault.M1, fault.CheckOf(err))
	})
}
