package transcript

import (
	"errors"
	"fmt"
	"io"
)

// Sink takes a transcript. Nothing is complete before Close, which writes the end
// and does not close what is underneath. A sink may keep what a record refers to:
// nobody changes that after Write.
type Sink interface {
	Write(Record) error
	Close() error
}

// Source gives a transcript. Next returns io.EOF after the last record, once the
// end has been found and is right; any other error is final, and an *Error if the
// transcript is at fault.
type Source interface {
	Header() Header
	Next() (Record, error)
}

// Error says where a transcript, or a MessageState, is malformed; from a sink, which
// record it did not take.
type Error struct {
	Form   string // "binary", "JSON lines", "message state"; "unknown" if it is none of them
	Offset int64  // of the record, in bytes from the beginning
	Record uint64 // which record, from 1; the end is one more than the last; 0: the header
	What   string
	Err    error // the cause, or nil
}

func (e *Error) Error() string {
	where := fmt.Sprintf("record %d", e.Record)
	if e.Record == 0 {
		where = "beginning"
	}
	s := fmt.Sprintf("transcript (%s): %s at byte %d: %s", e.Form, where, e.Offset, e.What)
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

func (e *Error) Unwrap() error { return e.Err }

// Copy writes all records of a source to a sink, and closes the sink; after an
// error it does not, so that half a transcript does not pass for a whole one.
func Copy(dst Sink, src Source) error {
	for {
		r, err := src.Next()
		if errors.Is(err, io.EOF) {
			return dst.Close()
		}
		if err == nil {
			err = dst.Write(r)
		}
		if err != nil {
			return err
		}
	}
}

// Memory is a transcript in memory: a sink, and with Source as often as wanted a
// source.
type Memory struct {
	Head    Header
	Records []Record
}

// Write implements Sink.
func (m *Memory) Write(r Record) error {
	m.Records = append(m.Records, r)
	return nil
}

// Close implements Sink.
func (m *Memory) Close() error { return nil }

// Source reads the transcript from its beginning.
func (m *Memory) Source() Source { return &memorySource{m, 0} }

type memorySource struct {
	m  *Memory
	at int
}

func (s *memorySource) Header() Header { return s.m.Head }

func (s *memorySource) Next() (Record, error) {
	if s.at >= len(s.m.Records) {
		return nil, io.EOF
	}
	s.at++
	return s.m.Records[s.at-1], nil
}

// Load reads a whole source into memory.
func Load(src Source) (*Memory, error) {
	m := &Memory{Head: src.Header()}
	return m, Copy(m, src)
}
