package fault

import (
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/stretchr/testify/require"
)

// The three families never pass for each other, wrapped or not.
func TestFamiliesDoNotMix(t *testing.T) {
	all := []error{Misusef("send", "nothing to %s", "send"), Refute(V6, "seq %d", 3), Bugf("n is %d", 4)}
	for i, err := range all {
		for _, err := range []error{err, fmt.Errorf("above: %w", err)} {
			var m *Misuse
			var e *Evidence
			var b *Bug
			require.Equal(t, i == 0, errors.As(err, &m))
			require.Equal(t, i == 1, errors.As(err, &e))
			require.Equal(t, i == 2, errors.As(err, &b))
			require.Equal(t, i == 1, CheckOf(err) == V6)
		}
	}
	require.EqualError(t, all[0], "cowpi: misuse: send: nothing to send")
	require.EqualError(t, all[1], "cowpi: check V6 failed: seq 3")
	require.EqualError(t, all[2], "cowpi: bug: n is 4")
	require.Equal(t, Check(""), CheckOf(nil))
	require.Equal(t, Check(""), CheckOf(io.EOF))
}

func TestEvidenceUnwrapsItsCause(t *testing.T) {
	err := error(&Evidence{Check: W1, Who: Party{RoleUser, "bob"}, Where: "index 3", What: "text", Err: io.ErrUnexpectedEOF})
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	require.NotErrorIs(t, err, io.EOF)
	require.EqualError(t, err, `cowpi: check W1 failed (user "bob") at index 3: text: unexpected EOF`)
	// The outer check counts where one rests upon another.
	require.Equal(t, H4, CheckOf(&Evidence{Check: H4, Err: err}))
}

// Blame fills in what is empty, keeps what a lower layer knew better, appends
// exhibits, and leaves the error that it was given as it was.
func TestBlameKeepsInnermostNames(t *testing.T) {
	first := Refute(P5, "does not open")
	before := *first
	one := Blame(first, Party{RoleAuthor, "alice"}, "index 7", Exhibit{"block", []byte{1}})
	require.Equal(t, before, *first)

	two := Blame(one, Party{RoleProviders, ""}, "connection 2", Exhibit{"data block", []byte{2}})
	var e *Evidence
	require.ErrorAs(t, two, &e)
	require.Equal(t, Party{RoleAuthor, "alice"}, e.Who)
	require.Equal(t, "index 7", e.Where)
	require.Equal(t, P5, e.Check)
	require.Equal(t, []Exhibit{{"block", []byte{1}}, {"data block", []byte{2}}}, e.Exhibits)

	require.ErrorAs(t, one, &e) // unchanged by the second blame
	require.Len(t, e.Exhibits, 1)
}

// Two errors made of one do not share their exhibits, though there is room behind.
func TestBlameDoesNotShareExhibits(t *testing.T) {
	base := &Evidence{Check: P5, Exhibits: append(make([]Exhibit, 0, 8), Exhibit{"block", []byte{1}})}
	two := Blame(base, Party{}, "", Exhibit{"data block", []byte{2}})
	three := Blame(base, Party{}, "", Exhibit{"other", nil})
	var e *Evidence
	require.ErrorAs(t, two, &e)
	require.Equal(t, []Exhibit{{"block", []byte{1}}, {"data block", []byte{2}}}, e.Exhibits)
	require.ErrorAs(t, three, &e)
	require.Equal(t, "other", e.Exhibits[1].Name)
}

// The half that is known stays, the other half is filled in.
func TestBlameFillsEachHalfByItself(t *testing.T) {
	var e *Evidence
	require.ErrorAs(t, Blame(&Evidence{Check: D1, Where: "index 1"}, Party{RoleProvider, "mirror"}, "elsewhere"), &e)
	require.Equal(t, "index 1", e.Where)
	require.Equal(t, Party{RoleProvider, "mirror"}, e.Who)
	require.ErrorAs(t, Blame(&Evidence{Check: D1, Who: Party{RoleProvider, "router"}}, Party{RoleUser, "eve"}, "index 2"), &e)
	require.Equal(t, "index 2", e.Where)
	require.Equal(t, Party{RoleProvider, "router"}, e.Who)
}

func TestBlameLeavesOtherErrorsAlone(t *testing.T) {
	for _, err := range []error{nil, io.EOF, Misusef("op", "what"), Bugf("what")} {
		require.True(t, Blame(err, Party{RoleUser, "bob"}, "here") == err)
	}
}

// A wrapped error is found; its text around is what is lost, its cause is not.
func TestBlameFindsWrappedEvidence(t *testing.T) {
	err := Blame(fmt.Errorf("step: %w", &Evidence{Check: W1, Err: io.EOF}), Party{RoleUser, "bob"}, "")
	require.Equal(t, W1, CheckOf(err))
	require.ErrorIs(t, err, io.EOF)
}

func TestPartiesRead(t *testing.T) {
	require.Equal(t, `provider "mirror"`, Party{RoleProvider, "mirror"}.String())
	require.Equal(t, "author", Party{Role: RoleAuthor}.String())
	require.Equal(t, "providers", RoleProviders.String())
	require.Equal(t, "user", RoleUser.String())
	require.Equal(t, "unknown", RoleUnknown.String())
}
