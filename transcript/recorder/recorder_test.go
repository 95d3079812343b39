package recorder

import (
	"bytes"
	"io/fs"
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi/script"
	"cowpi.example/cowpi/script/play"
	"cowpi.example/cowpi/suite"
	"cowpi.example/testdata/scripts"
	"cowpi.example/transcript"
)

func parse(t testing.TB, name string) script.Script {
	raw, err := fs.ReadFile(scripts.Files(), name+".cowpi")
	require.NoError(t, err)
	s, err := script.Parse(string(raw))
	require.NoError(t, err)
	return s
}

// record plays a script and records it.
func record(t testing.TB, name string) *transcript.Memory {
	m := &transcript.Memory{}
	r := To(suite.Default, m)
	report, err := play.Play(parse(t, name), play.Options{Seed: 1, Suite: r, Tap: r})
	require.NoError(t, err)
	require.Empty(t, report.Failures)
	require.NoError(t, r.Close())
	return m
}

// Every message of every script was opened, arrives after it was sent and on a
// connection that is there, and what is written reads back the same.
func TestRecordScripts(t *testing.T) {
	for _, name := range []string{"default", "fork", "membership", "offline", "crash", "participant", "provider", "reorder"} {
		m := record(t, name)
		kinds := map[transcript.Kind]int{}
		way := map[uint64]*[2]int{}
		tags := map[string]int{}
		for _, rec := range m.Records {
			switch rec := rec.(type) {
			case transcript.Connected:
				require.Nil(t, way[rec.Conn])
				way[rec.Conn] = &[2]int{}
				tags["connected"]++
			case transcript.Sent:
				kinds[rec.Opened.Kind]++
				way[rec.Conn][side(rec.ToServer)]++
			case transcript.Delivered:
				way[rec.Conn][side(rec.ToServer)]--
				require.GreaterOrEqual(t, way[rec.Conn][side(rec.ToServer)], 0)
			case transcript.Closed:
				delete(way, rec.Conn)
				tags["closed"]++
			case transcript.Saw:
				tags["saw"]++
			}
		}
		require.Zero(t, kinds[transcript.Dark], name)
		for _, k := range []transcript.Kind{transcript.Hello, transcript.Handshake, transcript.Data} {
			require.Positive(t, kinds[k], "%s kind %d", name, k)
		}
		require.Positive(t, tags["saw"])
		t.Log(name, len(m.Records), kinds, tags)

		var buf bytes.Buffer
		w, err := transcript.NewWriter(&buf, m.Head)
		require.NoError(t, err)
		require.NoError(t, transcript.Copy(w, m.Source()))
		t.Log(buf.Len())
		r, err := transcript.NewReader(&buf)
		require.NoError(t, err)
		back, err := transcript.Load(r)
		require.NoError(t, err)
		require.Equal(t, m, back)
	}
}

func side(toServer bool) int {
	if toServer {
		return 1
	}
	return 0
}
