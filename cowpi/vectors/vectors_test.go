// Package vectors_test runs the library on the vectors in testdata/vectors, which
// an independent implementation has made: see the README.md there.
package vectors_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/suite"
)

const (
	format  = 1
	maxFile = 200_000
)

// checker is what a vector reports to: a test, or a trial of the test.
type checker = require.TestingT

type runner func(t checker, vector []byte)

// families lists every family and how one of its vectors is run.
func families() map[string]runner {
	return map[string]runner{
		"primitives":           run(runPrimitive),
		"suite":                run(runSuite),
		"points":               run(runPoint),
		"encodings":            run(runEncoding),
		"naxos":                run(runNAXOS),
		"digests":              run(runDigest),
		"datablocks":           run(runDataBlock),
		"valid":                run(runValid),
		"texts":                run(runText),
		"uploads":              run(runUpload),
		"chain":                run(runChain),
		"blocks":               run(runBlocks),
		"blocks-refused":       run(runBlocks),
		"blocks-refused-later": run(runBlocks),
		"channel":              run(runChannel),
		"frames":               run(runFrames),
		"frames-refused":       run(runFrames),
	}
}

func run[V any](f func(checker, V)) runner {
	return func(t checker, vector []byte) {
		var v V
		d := json.NewDecoder(bytes.NewReader(vector))
		d.DisallowUnknownFields()
		require.NoError(t, d.Decode(&v))
		f(t, v)
	}
}

// head is what every vector has. Error is the check that must fail, if any.
type head struct {
	Name  string      `json:"name"`
	Op    string      `json:"op"`
	Error fault.Check `json:"error"`
}

// bin is a byte string, in hexadecimal in the file.
type bin []byte

func (b *bin) UnmarshalJSON(data []byte) error {
	var s string
	if err := json.Unmarshal(data, &s); err != nil {
		return err
	}
	raw, err := hex.DecodeString(s)
	*b = raw
	return err
}

func plain(list []bin) [][]byte {
	var out [][]byte
	for _, b := range list {
		out = append(out, b)
	}
	return out
}

type party struct {
	ID  bin `json:"id"`
	Key bin `json:"key"`
}

func (p party) party() identity.Party {
	return identity.Party{ID: identity.ID(p.ID), Key: suite.Point(p.Key)}
}

type self struct {
	party
	Secret bin `json:"secret"`
}

func (p self) self() identity.Self {
	return identity.Self{ID: identity.ID(p.ID), Key: suite.Point(p.Key), Secret: suite.Scalar(p.Secret)}
}

// requireOwn: the public key of a vector belongs to its secret.
func requireOwn(t checker, p self) {
	require.Equal(t, p.self().Key, suite.Default.Public(suite.Scalar(p.Secret)))
}

func equal(t checker, want bin, got []byte, what ...any) {
	require.Equal(t, hex.EncodeToString(want), hex.EncodeToString(got), what...)
}

// requireRefused: err is what the vector declares. The suite knows no numbers of
// checks; its two errors are W3.
func requireRefused(t checker, want fault.Check, err error) {
	require.Error(t, err)
	got := fault.CheckOf(err)
	if errors.Is(err, suite.ErrSmallOrder) || errors.Is(err, suite.ErrNotCanonical) {
		if got == "" {
			got = fault.W3
		}
	}
	require.Equal(t, want, got, "%v", err)
}

// tape is the default suite with coins that are given: below the hedging.
type tape struct {
	suite.Suite
	t     checker
	index uint32
	coins map[suite.Purpose]bin
}

func (s *tape) Coins(_ suite.Seed, _ suite.Scalar, _ uint64, p suite.Purpose, index uint32) suite.Coin {
	coin, ok := s.coins[p]
	require.True(s.t, ok, "no coin for %q", p)
	require.Equal(s.t, s.index, index)
	delete(s.coins, p) // a coin is drawn once
	return suite.Coin(coin)
}

// draws is where the coins of a step come from: from a seed, and what comes out.
type draws struct {
	Seed    bin                   `json:"seed"`
	Counter uint64                `json:"counter"`
	Index   uint32                `json:"index"`
	Coins   map[suite.Purpose]bin `json:"coins"`
}

// source returns the coins of a step: hedged as in real use, or from the tape. A
// step without a seed must draw none.
func (d draws) source(t checker, secret suite.Scalar, fromTape bool) suite.Coins {
	if !fromTape && d.Seed != nil {
		for p, c := range d.Coins {
			got := suite.Default.Coins(suite.Seed(d.Seed), secret, d.Counter, p, d.Index)
			equal(t, c, got[:])
		}
		return suite.NewCoins(suite.Default, suite.Seed(d.Seed), secret, d.Counter)
	}
	coins := map[suite.Purpose]bin{}
	for p, c := range d.Coins {
		coins[p] = c
	}
	return suite.NewCoins(&tape{suite.Default, t, d.Index, coins}, suite.Seed{}, suite.Scalar{}, 0)
}

type vectorFile struct {
	Family  string            `json:"family"`
	Format  int               `json:"format"`
	Vectors []json.RawMessage `json:"vectors"`
}

// parse reads a vector file and refuses one that would test nothing.
func parse(name string, data []byte) (vectorFile, error) {
	var f vectorFile
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&f); err != nil {
		return f, err
	}
	switch _, known := families()[f.Family]; {
	case f.Format != format:
		return f, fmt.Errorf("format %d, not %d", f.Format, format)
	case !known:
		return f, fmt.Errorf("unknown family %q", f.Family)
	case name != f.Family+".json":
		return f, fmt.Errorf("family %q in file %s", f.Family, name)
	case len(f.Vectors) == 0:
		return f, errors.New("no vectors")
	case len(data) > maxFile:
		return f, fmt.Errorf("%d bytes, at most %d allowed", len(data), maxFile)
	}
	return f, nil
}

// load reads all vector files; none of a declared family may be missing.
func load(t *testing.T) []vectorFile {
	names, err := filepath.Glob("*.json")
	require.NoError(t, err)
	var files []vectorFile
	missing := families()
	for _, name := range names {
		data, err := os.ReadFile(name)
		require.NoError(t, err)
		f, err := parse(name, data)
		require.NoError(t, err, name)
		delete(missing, f.Family)
		files = append(files, f)
	}
	require.Empty(t, missing, "families without a file")
	return files
}

func TestVectors(t *testing.T) {
	for _, f := range load(t) {
		t.Run(f.Family, func(t *testing.T) {
			seen := map[string]bool{}
			for _, raw := range f.Vectors {
				var h head
				require.NoError(t, json.Unmarshal(raw, &h))
				require.NotEmpty(t, h.Name)
				require.False(t, seen[h.Name], "%q twice", h.Name)
				seen[h.Name] = true
				t.Run(h.Name, func(t *testing.T) { families()[f.Family](t, raw) })
			}
		})
	}
}

// A file that would test nothing is refused; an ordinary one is not.
func TestFilesThatTestNothingAreRefused(t *testing.T) {
	good := `{"family":"points","format":1,"vectors":[{}]}`
	_, err := parse("points.json", []byte(good))
	require.NoError(t, err)
	for _, bad := range []string{
		`{"family":"points","format":1,"vectors":[]}`,
		`{"family":"points","format":1}`,
		`{"family":"dots","format":1,"vectors":[{}]}`,
		`{"family":"naxos","format":1,"vectors":[{}]}`,
		`{"family":"points","format":2,"vectors":[{}]}`,
		`{"family":"points","format":1,"vectors":[{}],"more":1}`,
		strings.Replace(good, "[{}]", "[{}"+strings.Repeat(",{}", maxFile/3)+"]", 1),
	} {
		_, err := parse("points.json", []byte(bad))
		require.Error(t, err, "%.80s", bad)
	}
}

// Whoever runs the generator gets these very files.
func TestGeneratorWritesTheseFiles(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("SKIPPED: python3 not found")
	}
	dir := t.TempDir()
	out, err := exec.CommandContext(t.Context(), python, "generate.py", dir).CombinedOutput()
	require.NoError(t, err, "%s", out)
	want, err := filepath.Glob("*.json")
	require.NoError(t, err)
	made, err := filepath.Glob(filepath.Join(dir, "*"))
	require.NoError(t, err)
	for i := range made {
		made[i] = filepath.Base(made[i])
	}
	slices.Sort(made)
	require.Equal(t, want, made)
	for _, name := range want {
		a, err := os.ReadFile(name)
		require.NoError(t, err)
		b, err := os.ReadFile(filepath.Join(dir, name))
		require.NoError(t, err)
		require.True(t, bytes.Equal(a, b), "%s differs from what generate.py writes", name)
	}
}
