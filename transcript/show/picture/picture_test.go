package picture

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
)

const empty = `{"picture":"cowpi","version":1,"suite":"","records":0,"providers":[],"conversations":[],"faults":[],"left":[]}`

// Only pictures of this version are read, whole, and with nothing behind them.
func TestReadRefuses(t *testing.T) {
	_, err := Read(strings.NewReader(" " + empty + "\n"))
	require.NoError(t, err)
	for name, bad := range map[string]string{
		"nothing":          "",
		"another form":     strings.Replace(empty, "cowpi", "transcript", 1),
		"another version":  strings.Replace(empty, `"version":1`, `"version":2`, 1),
		"another member":   strings.Replace(empty, `"left"`, `"right"`, 1),
		"cut off":          empty[:len(empty)-1],
		"something behind": empty + "1",
		"another type":     strings.Replace(empty, `"records":0`, `"records":-1`, 1),
		"a list":           "[" + empty + "]",
	} {
		p, err := Read(strings.NewReader(bad))
		var e *Error
		require.ErrorAs(t, err, &e, name)
		require.Zero(t, p, name)
	}
	var syntax *json.SyntaxError
	_, err = Read(strings.NewReader(empty + "1"))
	require.ErrorAs(t, err, &syntax)
}

// What goes wrong underneath is no fault of the picture.
func TestReaderAndWriterFail(t *testing.T) {
	broken := errors.New("broken")
	_, err := Read(io.MultiReader(strings.NewReader(empty[:9]), iotest.ErrReader(broken)))
	var e *Error
	require.ErrorIs(t, err, broken)
	require.False(t, errors.As(err, &e))
	require.ErrorIs(t, Write(failing{broken}, Picture{}), broken)
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

// A text of no bytes is a text all the same.
func TestEmptyText(t *testing.T) {
	none := ""
	var b bytes.Buffer
	require.NoError(t, Write(&b, Picture{Conversations: []Conversation{{Rows: []Row{{Views: []View{{What: "text", Text: &none}}}}}}}))
	require.Contains(t, b.String(), `"text":""`)
}
