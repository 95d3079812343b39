package simulator

import (
	"flag"
	"fmt"
	"os"
	"runtime/debug"
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"cowpi.example/cowpi/cowpitest"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/provider"
	"cowpi.example/cowpi/script"
	"cowpi.example/cowpi/script/scripttest"
	"cowpi.example/cowpi/suite"
	"cowpi.example/transcript"
)

// How many random scripts are played; more show more:
//
//	go test ./simulator -run Random -scripts 100000
var randomScripts = flag.Int("scripts", 1000, "how many random scripts are played for each kind of forgery")

// The tests here play thousands of small networks, one after the other.
func TestMain(m *testing.M) {
	flag.Parse()
	debug.SetGCPercent(800)
	os.Exit(m.Run())
}

// drawn is a random script, most of them small: each is played several times. If
// somebody may be corrupt, in some of them somebody is.
func drawn(t *rapid.T, most scripttest.Size) (script.Script, uint64) {
	pick := func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "pick") }
	if pick(40) == 0 {
		most.Users = 12
	}
	most.Corrupt = most.Corrupt && pick(5) == 0
	return scripttest.Random(pick, most), rapid.Uint64Range(1, 1<<40).Draw(t, "schedule")
}

// checkScripts checks a property of random scripts, in two halves at once: one on
// the cheap suite, in the other every tenth on the default suite.
func checkScripts(t *testing.T, property func(t *rapid.T, base suite.Suite)) {
	n := *randomScripts
	if testing.Short() {
		n = min(n, 40) // the race detector makes them slow
	}
	require.NoError(t, flag.Set("rapid.checks", strconv.Itoa((n+1)/2)))
	for _, share := range []int{0, 10} {
		t.Run(fmt.Sprint(share), func(t *testing.T) {
			t.Parallel()
			n := 0
			rapid.Check(t, func(t *rapid.T) {
				base := cowpitest.Cheap
				if n++; share > 0 && n%share == 0 {
					base = suite.Default
				}
				property(t, base)
			})
		})
	}
}

// Perfect simulation of random scripts: groups of 2 to 12, several conversations,
// joins, leaves, removals, restarts, refusals, crashes, offline spells, all that needs
// an operator, and in some somebody who is corrupt. Each is forged by an outsider, by
// one of its participants and by one of its providers.
func TestRandomScriptsAreForgedPerfectly(t *testing.T) {
	var forged, refused, ended, updates, crashed, twelve, several atomic.Int64
	var renewed, withdrawn, expired, restored, odd atomic.Int64
	t.Cleanup(func() {
		t.Logf("%d forgeries, all equal; in them %d refusals, %d ends, %d changes of rosters, %d crashes; %d scripts with 12 users, %d with several conversations",
			forged.Load(), refused.Load(), ended.Load(), updates.Load(), crashed.Load(), twelve.Load(), several.Load())
		t.Logf("%d frames of renewals, %d withdrawals, %d fetches that expired, %d restored routers, %d stops, faults, repeats and unreadable texts",
			renewed.Load(), withdrawn.Load(), expired.Load(), restored.Load(), odd.Load())
		if *randomScripts >= 1000 && !testing.Short() {
			require.Positive(t, min(refused.Load(), ended.Load(), updates.Load(), crashed.Load(), twelve.Load(), several.Load()))
			require.Positive(t, min(renewed.Load(), withdrawn.Load(), expired.Load(), restored.Load(), odd.Load()))
		}
	})
	checkScripts(t, func(t *rapid.T, base suite.Suite) {
		sc, schedule := drawn(t, scripttest.Size{Users: 3, Conversations: 2, Statements: 4, Corrupt: true})
		r := record(t, base, sc, schedule)
		refused.Add(int64(count(r.seen, "exchange.Refused")))
		withdrawn.Add(int64(count(r.seen, "exchange.Withdraw")))
		if len(sc.Users) == 12 {
			twelve.Add(1)
		}
		if len(sc.Conversations) > 1 {
			several.Add(1)
		}
		for _, rec := range r.seen.Records {
			switch rec := rec.(type) {
			case transcript.Crashed:
				crashed.Add(1)
			case transcript.Restored:
				restored.Add(1)
			case transcript.Sent:
				if rec.Opened.Kind == transcript.Renewal {
					renewed.Add(1)
				}
				if p, err := provider.ParsePacket(base, rec.Opened.Plain); err == nil && p.Kind == provider.PacketData && p.Raw[0] == 4 {
					expired.Add(1) // an Expire: SPEC.md, 9.4
				}
			case transcript.Saw:
				switch {
				case rec.What == transcript.Roster && rec.Index > 0:
					updates.Add(1)
				case rec.What == transcript.Ended:
					ended.Add(1)
				case rec.What == transcript.Repeat, rec.What == transcript.Unreadable, rec.What == transcript.PeerStopped, rec.What == transcript.Fault:
					odd.Add(1)
				}
			}
		}
		public := r.world.Public()
		user := r.world.Users[rapid.IntRange(0, len(r.world.Users)-1).Draw(t, "participant")]
		provider := r.world.Providers[rapid.IntRange(0, len(r.world.Providers)-1).Draw(t, "provider")]
		for _, f := range []struct {
			forger Forger
			tape   Tape
		}{{Outsider{public}, r.tape}, {Participant{public, user}, r.tape.Without(user.ID)}, {Provider{public, provider}, r.tape.Without(provider.ID)}} {
			m := &transcript.Memory{}
			job := r.job
			job.Open, job.Tape = To(m), f.tape
			_, err := f.forger.Forge(job)
			require.NoError(t, err)
			require.Equal(t, -1, firstDifference(r.seen, m), "%T", f.forger)
			require.Equal(t, r.seen.Head, m.Head)
			forged.Add(1)
		}
	})
}

// Unlinkability of random scripts: every message of each of them, also those that
// were refused, is placed in a transcript that is the real one byte for byte. The
// two variants take turns, and so do the kinds of forgers.
func TestRandomScriptsAreForgedAroundEveryMessage(t *testing.T) {
	var turn atomic.Int64
	var variants [2]atomic.Int64
	var types [5]atomic.Int64
	t.Cleanup(func() {
		t.Logf("%d scripts; messages placed with the keys from the start: %d, with those just before: %d; of types SETUP, MSG, RCPT, UPDATE: %d, %d, %d, %d",
			turn.Load(), variants[0].Load(), variants[1].Load(), types[1].Load(), types[2].Load(), types[3].Load(), types[4].Load())
		if *randomScripts >= 1000 && !testing.Short() {
			require.Positive(t, min(variants[0].Load(), variants[1].Load(), types[1].Load(), types[2].Load(), types[3].Load(), types[4].Load()))
		}
	})
	checkScripts(t, func(t *rapid.T, base suite.Suite) {
		sc, schedule := drawn(t, scripttest.Size{Users: 3, Conversations: 2, Statements: 1})
		r := happen(t, base, sc, schedule)
		public, n := r.world.Public(), turn.Add(1)
		v := Variant(n % 2)
		forger := []Forger{Outsider{public}, Participant{public, r.world.Users[0]}, Provider{public, r.world.Providers[n%2]}}[n%3]
		for i, msg := range messages(base, r.seen) {
			forged := r.forgeAround(t, forger, v, msg)
			require.Equal(t, -1, firstDifference(r.seen, forged), "message %d, %v, %T", i, v, forger)
			variants[v].Add(1)
			_, d, _, err := r.witness.read(msg.Bytes)
			require.NoError(t, err)
			types[d.Type].Add(1)
		}
		list := by(messages(base, r.seen), r.world.Users[int(n)%len(r.world.Users)].ID)
		require.Equal(t, -1, firstDifference(r.seen, r.forgeAround(t, forger, v, list...)), "%d messages of one author at once", len(list))
	})
}

// count counts messages of a type in a transcript.
func count(m *transcript.Memory, name string) (n int) {
	for _, r := range m.Records {
		if s, ok := r.(transcript.Sent); ok && s.Opened.Kind == transcript.Data {
			if msg, err := exchange.Parse(cowpitest.Cheap, s.Opened.Plain); err == nil && fmt.Sprintf("%T", msg) == name {
				n++
			}
		}
	}
	return n
}
