package show

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi/identity"
	"cowpi.example/transcript"
	"cowpi.example/transcript/transcripttest"
)

// nasty is a text that tries all doors of a page and a terminal.
const nasty = "<script>alert(1)</script>\"'`</td></table><!-- {{.}} &lt; \x1b[31mred\x07\x9b \u202ekcab\u202c \u2066x\u2069 \u200b\u00ad \xff\x00 \r\n</style><img src=x onerror=alert(1)> javascript:x url(//e)"

// hostile is a transcript whose every string is nasty.
func hostile() *transcript.Memory {
	id := func(s string) identity.ID { return identity.ID(s + nasty[:40]) }
	m := &transcript.Memory{Head: transcript.Header{Suite: nasty, SuiteID: 77, Providers: []identity.Party{{ID: id("r")}, {ID: id("m")}}}}
	for _, who := range []string{"a", "b"} {
		m.Records = append(m.Records,
			transcript.Saw{Who: id(who), What: transcript.Roster, Party: id("a"), Added: []identity.ID{id("a"), id("b")}, Members: []transcript.Member{{ID: id("a")}, {ID: id("b")}}},
			transcript.Saw{Who: id(who), What: transcript.Text, Index: 1, Party: id("a"), Text: []byte(who + nasty)},
			transcript.Saw{Who: id(who), What: transcript.Ended, Index: 1, Reason: 1, Check: nasty, Error: nasty, Code: nasty},
			transcript.Saw{Who: id(who), What: transcript.Fault, Party: id("m"), Check: nasty, Error: nasty})
	}
	m.Records = append(m.Records, transcript.Crashed{Node: id("a")}, transcript.Restored{Node: id("m")})
	return m
}

func render(t *testing.T, m *transcript.Memory, opt Options) string {
	var b bytes.Buffer
	require.NoError(t, HTML(&b, m.Source(), opt))
	return b.String()
}

// outside lists what would make a page load something, run something, or leave.
func outside(html string) []string {
	return regexp.MustCompile(`(?i)https?:|//[a-z]|\bsrc\s*=|\burl\(|@import|<script|<link|<iframe|<object|<embed|<base|<form|\bon[a-z]+\s*=\s*"|javascript:|href="[^#]`).FindAllString(html, -1)
}

// tags strips the texts of a page, which may say anything: what is left is the
// page's own.
func tags(html string) string {
	return strings.Join(regexp.MustCompile(`(?s)<style>.*?</style>|<[^>]*>`).FindAllString(html, -1), "")
}

// The page loads nothing, runs nothing, and says so to the browser.
func TestHTMLStandsAlone(t *testing.T) {
	for _, m := range []*transcript.Memory{transcripttest.RecordScript(t, "fork"), transcripttest.RecordScript(t, "default"), hostile(), {}} {
		html := render(t, m, Options{Title: nasty})
		require.Empty(t, outside(tags(html)))
		require.Contains(t, html, `content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"`)
	}
	for _, bad := range []string{`<img src=x>`, `<a href="http://e">`, `<style>@import x</style>`, `<script>`, `<p style="background: url(x)">`, `<p onclick="x">`, `<link rel=icon>`} {
		require.NotEmpty(t, outside(tags(bad)), bad) // negative control
	}
}

// wellFormed checks that all that is opened is closed, and ids are unique and meant.
func wellFormed(html string) error {
	html = regexp.MustCompile(`(<meta [^>]*)>`).ReplaceAllString(html, "$1/>") // the only elements that stand open
	d := xml.NewDecoder(strings.NewReader(strings.Replace(html, "<!DOCTYPE html>", "", 1)))
	d.Entity = xml.HTMLEntity
	ids, hrefs := map[string]bool{}, map[string]bool{}
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		start, ok := tok.(xml.StartElement)
		if !ok {
			continue
		}
		for _, a := range start.Attr {
			switch a.Name.Local {
			case "id":
				if ids[a.Value] {
					return errors.New("twice: " + a.Value)
				}
				ids[a.Value] = true
			case "href":
				hrefs[strings.TrimPrefix(a.Value, "#")] = true
			case "aria-labelledby":
				hrefs[a.Value] = true
			}
		}
	}
	for h := range hrefs {
		if !ids[h] {
			return errors.New("leads nowhere: " + h)
		}
	}
	return nil
}

func TestHTMLIsWellFormed(t *testing.T) {
	for _, name := range []string{"fork", "fork-single", "reorder", "membership", "crash", "default", "participant", "provider", "offline", "upkeep"} {
		require.NoError(t, wellFormed(render(t, transcripttest.RecordScript(t, name), Options{})), name)
	}
	require.NoError(t, wellFormed(render(t, hostile(), Options{})))
	require.NoError(t, wellFormed(render(t, &transcript.Memory{}, Options{})))
	for _, bad := range []string{`<p><b></p>`, `<p id="a"></p><p id="a"></p>`, `<a href="#x">x</a>`} {
		require.Error(t, wellFormed(bad))
	}
}

// No text of a transcript becomes part of the page or of the terminal's language.
func TestHostileTexts(t *testing.T) {
	m := hostile()
	html := render(t, m, Options{Title: nasty})
	require.NotContains(t, html, "<script")
	require.NotContains(t, html, "<img")
	require.Contains(t, html, "&lt;script&gt;alert(1)&lt;/script&gt;")
	require.Contains(t, html, `\u202ekcab`)
	var term bytes.Buffer
	require.NoError(t, Terminal(&term, m.Source(), Options{}))
	require.Contains(t, term.String(), `\x1b[31mred\a`)
	for _, out := range []string{html, term.String()} {
		for _, r := range out {
			require.False(t, r < ' ' && r != '\n' || r >= 0x7f && r < 0xa0 || r >= 0x200b && r <= 0x200f || r >= 0x202a && r <= 0x202e ||
				r >= 0x2060 && r <= 0x2069 || r == 0xfffd || r == 0xad, "%U", r)
		}
	}
	require.Equal(t, "e\u0301\u0301\u0301\\u0301", Safe("e\u0301\u0301\u0301\u0301"))
	require.Equal(t, "naïve 日本 🎉", Safe("naïve 日本 🎉"))
}

// What the page must have for keyboards and screen readers.
func TestHTMLAccessibilityBasics(t *testing.T) {
	html := render(t, transcripttest.RecordScript(t, "fork"), Options{Title: "A fork"})
	for _, want := range []string{`<html lang="en"`, `<title>A fork`, `class="skip" href="#main"`, `<main id="main"`, `<header>`, `<footer>`,
		`scope="col"`, `scope="row"`, `prefers-color-scheme: dark`, `:focus-visible`, `@media print`, `name="viewport"`} {
		require.Contains(t, html, want)
	}
	require.Equal(t, 1, strings.Count(html, "<h1>"))
	for _, svg := range regexp.MustCompile(`<svg class="[^>]*>`).FindAllString(html, -1) {
		require.Contains(t, svg, `aria-hidden="true"`)
	}
	// The drawing's message is also there in words.
	for _, want := range []string{"Deliveries part at index 12", "Here they part: index 12", "B from router*", "STOPPED", "Charlie and Dave noticed"} {
		require.Contains(t, html, want)
	}
	many := render(t, transcripttest.RecordScript(t, "offline"), Options{})
	require.Contains(t, many, `<nav aria-label="Conversations">`)
	require.NotContains(t, render(t, transcripttest.RecordScript(t, "default"), Options{}), "Here they part")
}
