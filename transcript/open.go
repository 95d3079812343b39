package transcript

import (
	"bufio"
	"errors"
	"fmt"
	"io"
)

// Open reads a transcript in either form: it looks at the beginning, and goes on
// as NewReader or NewJSONReader. The error is an *Error if it is neither.
func Open(r io.Reader) (Source, error) {
	b := bufio.NewReaderSize(r, bufferSize)
	for n := 1; ; n++ {
		head, err := b.Peek(n)
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			return nil, &Error{What: "this is no transcript", Form: "unknown"}
		case errors.Is(err, io.EOF):
			return nil, &Error{What: "this is no transcript", Form: "unknown", Err: io.ErrUnexpectedEOF}
		case err != nil:
			return nil, fmt.Errorf("transcript: %w", err)
		case head[n-1] == '{':
			return source(NewJSONReader(b))
		case head[0] == magic[0]:
			return source(NewReader(b))
		case !isSpace(head[n-1]):
			return nil, &Error{What: "this is no transcript", Form: "unknown"}
		}
	}
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\r' }

// source keeps a nil *Reader from becoming a Source that is not nil.
func source[S Source](s S, err error) (Source, error) {
	if err != nil {
		return nil, err
	}
	return s, nil
}
