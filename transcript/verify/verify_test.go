package verify

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/suite"
	"cowpi.example/transcript"
	"cowpi.example/transcript/transcripttest"
)

// Where everybody is honest nothing is broken, through joins, restarts, refusals,
// offline spells and crashes.
func TestHonestTranscriptsHold(t *testing.T) {
	for _, name := range []string{"default", "membership", "offline", "crash", "upkeep"} {
		r := run(t, transcripttest.Record(t, transcripttest.Script(t, name)), nil)
		require.True(t, r.Holds(), "%s: %s", name, r)
		require.Empty(t, r.Broken())
		for _, f := range r.Findings {
			if f.Status == NotEstablished && f.Count > 0 {
				t.Log(name, f)
			}
		}
	}
}

// An index in a script, and who is named.
type where struct {
	check    Check
	provider identity.ID
	index    uint64
}

// Misbehaviour is found, with provider and index, and nothing else is.
func TestMisbehaviourIsFound(t *testing.T) {
	for name, want := range map[string][]where{
		"fork":        {{ProvidersAgree, "router*", 12}},
		"fork-single": {{ProvidersAgree, "router*", 12}},
		"reorder": {
			{Valid, "mirror1", 2}, {ProviderSame, "mirror1", 2}, {LinkCommitted, "mirror1", 2},
			{Valid, "mirror1", 3}, {ProviderSame, "mirror1", 3}, {LinkCommitted, "mirror1", 3},
			{ProvidersAgree, "mirror1", 2}, {ProvidersAgree, "mirror1", 3}},
		"reorder-single": {
			{Valid, "router", 2}, {ProviderSame, "router", 2}, {Valid, "router", 3}, {ProviderSame, "router", 3},
			{ProvidersAgree, "router", 2}, {ProvidersAgree, "router", 3}},
		"provider": {
			{Uploaded, "mirror1", 8}, {LinkCommitted, "mirror1", 8}, {ProviderSame, "mirror1", 8}, {ProvidersAgree, "mirror1", 8},
			{DeliveryOrder, "router", 13}, {DeliveryOrder, "router", 15}, {DeliveryOrder, "mirror2", 18}},
		"participant": {{ViewContent, "", 50}}, // the corrupt one's own view: others saw a repeat
	} {
		r := run(t, transcripttest.Record(t, transcripttest.Script(t, name)), nil)
		require.False(t, r.Holds(), name)
		var got []where
		for _, f := range r.Broken() {
			if f.Subject.Index != nil {
				got = append(got, where{f.Check, f.Subject.Provider, *f.Subject.Index})
			}
		}
		require.ElementsMatch(t, want, got, "%s: %s", name, r)
	}
	r := run(t, transcripttest.Record(t, transcripttest.Script(t, "provider")), nil)
	keys := found(r, FetchKeys)
	require.Len(t, keys, 1, "mirror1 lies to Alice about Erin")
	require.Equal(t, identity.ID("mirror1"), keys[0].Subject.Provider)
	require.Equal(t, identity.ID("Alice"), keys[0].Subject.Participant)
	require.NotEmpty(t, found(r, FetchSame))
}

// What a report says, it says as text and in JSON, and every check is in it.
func TestReport(t *testing.T) {
	r := run(t, transcripttest.Record(t, transcripttest.Script(t, "reorder")), nil)
	var text, raw bytes.Buffer
	require.NoError(t, r.Write(&text))
	require.NoError(t, r.WriteJSON(&raw))
	for _, c := range checks {
		require.Equal(t, !c.secrets, bytes.Contains(text.Bytes(), []byte("  "+string(c.name)+" ")), c.name)
	}
	require.Contains(t, text.String(), "BROKEN")
	require.Contains(t, text.String(), limits[0])
	var back Report
	require.NoError(t, json.Unmarshal(raw.Bytes(), &back))
	require.Equal(t, *r, back)
	require.Error(t, new(Status).UnmarshalText([]byte("fine")))
}

// Many broken things are counted, not kept.
func TestReportIsBounded(t *testing.T) {
	m := &transcript.Memory{Head: transcripttest.Record(t, transcripttest.Parse(t, "conversation a: Alice Bob\nAlice: hello\n")).Head}
	for range maxBroken + 5 {
		m.Records = append(m.Records, transcript.Closed{Conn: 9})
	}
	r := run(t, m, nil)
	require.Len(t, r.Broken(), maxBroken)
	require.Equal(t, uint64(5), r.More)
	require.False(t, r.Holds())
}

// failing is a source that ends in an error.
type failing struct {
	transcript.Source
	err error
}

func (f failing) Next() (transcript.Record, error) { return nil, f.err }

func TestRunRefuses(t *testing.T) {
	m := transcripttest.Record(t, transcripttest.Parse(t, "conversation a: Alice Bob\nAlice: hello\n"))
	m.Head.SuiteID++
	_, err := Run(m.Source(), Options{})
	require.ErrorIs(t, err, ErrSuite)
	m.Head.SuiteID--
	m.Head.Suite = "another"
	_, err = Run(m.Source(), Options{})
	require.ErrorIs(t, err, ErrSuite)
	m.Head.Suite = suite.Default.Name()
	_, err = Run(failing{m.Source(), errors.New("cut")}, Options{})
	require.ErrorContains(t, err, "cut")
	m.Head.Providers = append(m.Head.Providers, m.Head.Providers[0])
	_, err = Run(m.Source(), Options{})
	require.ErrorIs(t, err, ErrHeader)
}
