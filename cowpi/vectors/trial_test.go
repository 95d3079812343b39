package vectors_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// trial stands in for a test and remembers whether it failed.
type trial struct{ failed bool }

type stop struct{}

func (t *trial) Errorf(string, ...any) { t.failed = true }
func (t *trial) FailNow()              { panic(stop{}) }

func fails(r runner, vector []byte) (failed bool) {
	t := &trial{}
	defer func() {
		if p := recover(); p != nil {
			if _, ok := p.(stop); !ok {
				panic(p)
			}
			failed = true
		}
	}()
	r(t, vector)
	return t.failed
}

// unchecked says of which values a change need not be noticed: those that say what
// a vector is, and those where a neighbour has the same outcome by design.
func unchecked(family, key string) bool {
	switch key {
	case "name", "op", "by", "purpose", "message":
		return true
	case "length": // of a bucket: others fall into it; of an output: it shows
		return true
	case "content": // k_m may be zero where there is content
		return true
	case "point": // other points are as good
		return family == "points"
	case "raw": // other blocks are as valid
		return family == "valid"
	}
	return false
}

// leaves calls f for every value in v, changed a little, and puts it back.
func leaves(v any, family, path string, set func(any), f func(path string)) {
	switch v := v.(type) {
	case map[string]any:
		for k, e := range v {
			if !unchecked(family, k) {
				leaves(e, family, path+"."+k, func(n any) { v[k] = n }, f)
			}
		}
	case []any:
		for i, e := range v {
			leaves(e, family, fmt.Sprintf("%s[%d]", path, i), func(n any) { v[i] = n }, f)
		}
	case string:
		raw, err := hex.DecodeString(v)
		if err != nil || len(raw) == 0 {
			return
		}
		raw[len(raw)/2] ^= 1
		set(hex.EncodeToString(raw))
		f(path)
		set(v)
	case bool:
		set(!v)
		f(path)
		set(v)
	case json.Number:
		n, err := v.Int64()
		if err != nil {
			return // beyond 2^63: its neighbours are elsewhere
		}
		set(json.Number(fmt.Sprint(n ^ 1)))
		f(path)
		set(v)
	}
}

// A vector that declares no error fails when any of its values is changed: all
// that is published is compared. (The negative control of TestVectors.)
func TestEveryValueIsCompared(t *testing.T) {
	for _, f := range load(t) {
		r := families()[f.Family]
		changed := 0
		for _, raw := range f.Vectors {
			var h head
			require.NoError(t, json.Unmarshal(raw, &h))
			if h.Error != "" {
				changed++
				require.True(t, fails(r, without(t, raw, "error")), "%s: %s: accepted without its error", f.Family, h.Name)
				continue
			}
			v := tree(t, raw)
			require.False(t, fails(r, encode(t, v)), "%s: %s", f.Family, h.Name)
			leaves(v, f.Family, "", nil, func(path string) {
				changed++
				if !fails(r, encode(t, v)) {
					t.Errorf("%s: %s: a change of %s is not noticed", f.Family, h.Name, path)
				}
			})
		}
		require.NotZero(t, changed, f.Family)
	}
}

// without returns a vector that says nothing of an error, at any depth.
func without(t *testing.T, raw []byte, key string) []byte {
	v := tree(t, raw)
	var strip func(any)
	strip = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			delete(v, key)
			for _, e := range v {
				strip(e)
			}
		case []any:
			for _, e := range v {
				strip(e)
			}
		}
	}
	strip(v)
	return encode(t, v)
}

func encode(t *testing.T, v any) []byte {
	out, err := json.Marshal(v)
	require.NoError(t, err)
	return out
}

// tree decodes a vector into maps and lists, numbers as they are written.
func tree(t *testing.T, raw []byte) any {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	require.NoError(t, d.Decode(&v))
	return v
}
