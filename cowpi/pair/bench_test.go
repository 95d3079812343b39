package pair

import (
	"testing"

	"cowpi.example/cowpi/suite"
)

func benchSeal(b *testing.B, p *person) {
	coins := p.coins()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := p.terms.Seal(p.st, suite.Hash{1}, suite.Key{2}, coins, 0); err != nil {
			b.Fatal(err)
		}
	}
}

func benchOpen(b *testing.B, p *person, m blk) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := p.terms.Open(p.st, m.digest, m.bytes, true); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSealStart(b *testing.B) {
	alice, _ := newCouple(b, suite.Default)
	benchSeal(b, alice)
}

func BenchmarkSealContinue(b *testing.B) {
	alice, bob := newCouple(b, suite.Default)
	say(b, alice, bob)
	benchSeal(b, alice)
}

func BenchmarkOpenStart(b *testing.B) {
	alice, bob := newCouple(b, suite.Default)
	benchOpen(b, bob, alice.seal(b))
}

func BenchmarkOpenContinue(b *testing.B) {
	alice, bob := newCouple(b, suite.Default)
	say(b, alice, bob)
	benchOpen(b, bob, alice.seal(b))
}

// The most that a block can make us do: three multiplications and 1,001 steps.
func BenchmarkOpenFarthest(b *testing.B) {
	alice, bob := newCouple(b, suite.Default)
	alice.seal(b)
	alice.skipTo(MaxSkip)
	benchOpen(b, bob, alice.seal(b))
}

func BenchmarkNewTerms(b *testing.B) {
	alice, bob := newCouple(b, suite.Default)
	b.ReportAllocs()
	for b.Loop() {
		alice.terms = NewTerms(suite.Default, alice.self, bob.self.Party(), testSid, 3, 7)
	}
}

func BenchmarkSendRecord(b *testing.B) {
	st := full(b)
	buf := make([]byte, 0, 128)
	b.ReportAllocs()
	for b.Loop() {
		buf = st.Send.AppendRecord(buf[:0])
		if _, err := ParseSend(buf); err != nil {
			b.Fatal(err)
		}
	}
}
