package recorder_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi"
	"cowpi.example/cowpi/script/play"
	"cowpi.example/cowpi/suite"
	"cowpi.example/transcript"
	"cowpi.example/transcript/recorder"
	"cowpi.example/transcript/transcripttest"
)

// Every message of every script was opened, arrives after it was sent and on a
// connection that is there, and what is written reads back the same.
func TestRecordScripts(t *testing.T) {
	for _, name := range []string{"default", "fork", "membership", "offline", "crash", "participant", "provider", "reorder", "upkeep"} {
		m := transcripttest.RecordScript(t, name)
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

// An error quotes what others sent, and is cut anywhere; a transcript takes UTF-8.
func TestErrorsBecomeText(t *testing.T) {
	for _, bad := range []string{"\xff", "a" + strings.Repeat("é", 2000), strings.Repeat("a", 999) + "é"} {
		saw, ok := recorder.Saw("alice", cowpi.Event{Number: 1, Body: cowpi.ProviderFault{Provider: "router", Err: errors.New(bad)}})
		require.True(t, ok)
		w, err := transcript.NewWriter(io.Discard, transcript.Header{})
		require.NoError(t, err)
		require.NoError(t, w.Write(saw))
		saw.Error = bad[:min(len(bad), 1000)]
		require.Error(t, w.Write(saw)) // the control
		require.NoError(t, w.Close())
	}
}

// Timed puts the time before what happens then, and only what is timed has it.
func TestTimed(t *testing.T) {
	for _, timed := range []bool{false, true} {
		m := &transcript.Memory{}
		r := recorder.To(suite.Default, m)
		r.Timed = timed
		_, err := play.Play(transcripttest.Script(t, "default"), play.Options{Seed: 1, Suite: r, Tap: r})
		require.NoError(t, err)
		require.NoError(t, r.Close())
		require.Equal(t, timed, m.Head.Timed)
		last := uint64(0)
		for _, rec := range m.Records {
			if c, ok := rec.(transcript.Clock); ok {
				require.Greater(t, c.Now, last)
				last = c.Now
			}
		}
		require.Equal(t, timed, last > 0)
		var b bytes.Buffer
		w, err := transcript.NewJSONWriter(&b, m.Head)
		require.NoError(t, err)
		require.NoError(t, transcript.Copy(w, m.Source()))
		src, err := transcript.Open(&b)
		require.NoError(t, err)
		back, err := transcript.Load(src)
		require.NoError(t, err)
		require.Equal(t, m, back)
	}
}

// What goes straight into a file is the same as what is kept in memory.
func TestPassingIsTheSame(t *testing.T) {
	for _, name := range []string{"membership", "fork"} {
		var direct, kept bytes.Buffer
		r := recorder.New(suite.Default, func(h transcript.Header) (transcript.Sink, error) { return transcript.NewWriter(&direct, h) })
		_, err := play.Play(transcripttest.Script(t, name), play.Options{Seed: 1, Suite: r, Tap: r})
		require.NoError(t, err)
		require.True(t, r.Passing())
		require.NoError(t, r.Close())
		m := transcripttest.RecordScript(t, name)
		w, err := transcript.NewWriter(&kept, m.Head)
		require.NoError(t, err)
		require.NoError(t, transcript.Copy(w, m.Source()))
		require.True(t, bytes.Equal(direct.Bytes(), kept.Bytes()))
	}
}
