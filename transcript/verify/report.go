package verify

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/sheet"
	"cowpi.example/cowpi/suite"
)

// Status is what came of a check.
type Status uint8

// The statuses.
const (
	Established    Status = iota // recomputed, and so it is
	Broken                       // recomputed, and it is not so
	NotEstablished               // could not be recomputed
)

var statusNames = [...]string{"established", "broken", "not established"}

func (s Status) String() string { return statusNames[s] }

// MarshalText implements encoding.TextMarshaler.
func (s Status) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (s *Status) UnmarshalText(b []byte) error {
	for i, name := range statusNames {
		if name == string(b) {
			*s = Status(i)
			return nil
		}
	}
	return fmt.Errorf("verify: status %q is unknown", b)
}

// Subject is what a finding is about. Fields that do not apply are zero; Index is
// nil then, because 0 is an index.
type Subject struct {
	Record      uint64      `json:"record,omitempty"` // number of the record at which it showed, from 1
	Conn        uint64      `json:"conn,omitempty"`
	Provider    identity.ID `json:"provider,omitempty"`
	Participant identity.ID `json:"participant,omitempty"`
	Sid         string      `json:"sid,omitempty"`
	Index       *uint64     `json:"index,omitempty"`
}

func (s Subject) String() string {
	var b strings.Builder
	say := func(format string, args ...any) {
		if b.Len() > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, format, args...)
	}
	if s.Provider != "" {
		say("provider %s", s.Provider)
	}
	if s.Participant != "" {
		say("participant %s", s.Participant)
	}
	if s.Sid != "" {
		say("conversation %s", s.Sid[:min(8, len(s.Sid))])
	}
	if s.Index != nil {
		say("index %d", *s.Index)
	}
	if s.Conn != 0 {
		say("connection %d", s.Conn)
	}
	if s.Record != 0 {
		say("record %d", s.Record)
	}
	return b.String()
}

func at(sid suite.Hash, index uint64) Subject {
	return Subject{Sid: hex.EncodeToString(sid[:]), Index: &index}
}

func in(sid suite.Hash) Subject { return Subject{Sid: hex.EncodeToString(sid[:])} }

func (s Subject) by(p identity.ID) Subject { s.Provider = p; return s }
func (s Subject) of(u identity.ID) Subject { s.Participant = u; return s }
func (s Subject) on(conn uint64) Subject   { s.Conn = conn; return s }

// Finding is one line of a report.
type Finding struct {
	Check   Check   `json:"check"`
	Status  Status  `json:"status"`
	Subject Subject `json:"subject"` // of what is not established: the first
	Count   uint64  `json:"count"`   // how often; 1 for what is broken
	Words   string  `json:"words"`
}

// Report says what was, and what was not, established.
type Report struct {
	Records  uint64    `json:"records"`
	Findings []Finding `json:"findings"`     // broken ones first, in the order of the transcript; then by check
	More     uint64    `json:"more_broken"`  // broken things that are not listed: there were too many
	Limits   []string  `json:"limits"`       // what no transcript establishes
	Secrets  []string  `json:"with_secrets"` // what the secrets that were given open, and what not
}

// Holds says that nothing was found broken. It does not say that all was
// established.
func (r *Report) Holds() bool {
	for _, f := range r.Findings {
		if f.Status == Broken {
			return false
		}
	}
	return true
}

// Broken lists what is broken.
func (r *Report) Broken() (out []Finding) {
	for _, f := range r.Findings {
		if f.Status == Broken {
			out = append(out, f)
		}
	}
	return out
}

// Write renders the report as text.
func (r *Report) Write(w io.Writer) error {
	_, err := io.WriteString(w, r.String())
	return err
}

// WriteJSON renders the report as indented JSON.
func (r *Report) WriteJSON(w io.Writer) error {
	b, err := json.MarshalIndent(r, "", "  ")
	if err == nil {
		_, err = w.Write(append(sheet.SafeJSON(b), '\n')) // it quotes what a transcript says
	}
	return err
}

func (r *Report) String() string {
	var b strings.Builder
	word := "Nothing is broken"
	if n := uint64(len(r.Broken())) + r.More; n > 0 {
		word = fmt.Sprintf("BROKEN in %d places", n)
	}
	fmt.Fprintf(&b, "%s in %d records.\n", word, r.Records)
	for _, status := range []Status{Broken, Established, NotEstablished} {
		r.section(&b, status)
	}
	list(&b, "With the secrets given", r.Secrets)
	list(&b, "What no transcript establishes", r.Limits)
	return b.String()
}

func (r *Report) section(b *strings.Builder, status Status) {
	first := true
	for _, f := range r.Findings {
		if f.Status != status {
			continue
		}
		if first {
			title := status.String()
			fmt.Fprintf(b, "\n%s%s:\n", strings.ToUpper(title[:1]), title[1:])
			first = false
		}
		switch subject := f.Subject.String(); {
		case status == Established:
			fmt.Fprintf(b, "  %-18s %8d times: %s\n", f.Check, f.Count, f.Words)
		case f.Count == 0:
			fmt.Fprintf(b, "  %-18s %s\n", f.Check, f.Words)
		case status == Broken:
			fmt.Fprintf(b, "  %-18s %s: %s\n", f.Check, subject, f.Words)
		default:
			fmt.Fprintf(b, "  %-18s %8d times, first at %s: %s\n", f.Check, f.Count, subject, f.Words)
		}
	}
	if status == Broken && r.More > 0 {
		fmt.Fprintf(b, "  and %d more\n", r.More)
	}
}

func list(b *strings.Builder, title string, lines []string) {
	if len(lines) > 0 {
		fmt.Fprintf(b, "\n%s:\n", title)
	}
	for _, l := range lines {
		fmt.Fprintf(b, "  - %s\n", l)
	}
}

// findings collects what a report says.
type findings struct {
	record      uint64
	dark        bool // something was not opened
	established map[Check]uint64
	broken      []Finding
	more        uint64
	unknown     map[unknownKey]*Finding
	order       []unknownKey
}

// unknownKey: what is not established is counted by check and reason.
type unknownKey struct {
	check Check
	words string
}

const maxBroken = 1000

func newFindings() *findings {
	return &findings{established: map[Check]uint64{}, unknown: map[unknownKey]*Finding{}}
}

func (f *findings) ok(c Check) { f.established[c]++ }

func (f *findings) fail(c Check, s Subject, format string, args ...any) {
	if len(f.broken) >= maxBroken {
		f.more++
		return
	}
	if s.Record == 0 {
		s.Record = f.record
	}
	f.broken = append(f.broken, Finding{c, Broken, s, 1, fmt.Sprintf(format, args...)})
}

// judge is ok or fail.
func (f *findings) judge(c Check, good bool, s Subject, format string, args ...any) bool {
	if good {
		f.ok(c)
	} else {
		f.fail(c, s, format, args...)
	}
	return good
}

// needs is judge for what may be missing only because something was not opened: it
// is not established then.
func (f *findings) needs(c Check, good bool, s Subject, format string, args ...any) bool {
	if !good && f.dark {
		f.cannot(c, s, "something is missing that may be in what was not opened")
		return false
	}
	return f.judge(c, good, s, format, args...)
}

// cannot notes what could not be established, and why: the reason is constant.
func (f *findings) cannot(c Check, s Subject, why string) {
	k := unknownKey{c, why}
	if f.unknown[k] == nil {
		s.Record = f.record
		f.unknown[k] = &Finding{c, NotEstablished, s, 0, why}
		f.order = append(f.order, k)
	}
	f.unknown[k].Count++
}

// report is the report of all findings.
func (f *findings) report(withSecrets bool) *Report {
	r := &Report{Records: f.record, Findings: f.broken, More: f.more, Limits: limits}
	seen := map[Check]bool{}
	for _, b := range f.broken {
		seen[b.Check] = true
	}
	var rest []Finding
	for _, k := range f.order {
		rest = append(rest, *f.unknown[k])
		seen[k.check] = true
	}
	for _, c := range checks {
		if n := f.established[c.name]; n > 0 {
			r.Findings = append(r.Findings, Finding{c.name, Established, Subject{}, n, c.means})
		} else if !seen[c.name] && (!c.secrets || withSecrets) {
			rest = append(rest, Finding{c.name, NotEstablished, Subject{}, 0, "there is nothing of the kind: " + c.means})
		}
	}
	r.Findings = append(r.Findings, rest...)
	return r
}
