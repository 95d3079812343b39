package show

import (
	"bytes"
	"context"
	"image/color"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"cowpi.example/transcript"
	"cowpi.example/transcript/browsertest"
	"cowpi.example/transcript/transcripttest"
)

// open draws a transcript and opens the page in a new tab.
func open(t *testing.T, in context.Context, m *transcript.Memory, width int64, dark bool) *browsertest.Tab {
	var buf bytes.Buffer
	require.NoError(t, HTML(&buf, m.Source(), Options{Title: "Test"}))
	return browsertest.Open(t, in, buf.Bytes(), width, dark)
}

var forkColour = map[bool]color.RGBA{false: {0xb3, 0x00, 0x5e, 0xff}, true: {0xff, 0x6c, 0xb0, 0xff}}

// One browser serves all of them: starting it is what takes long.
func TestBrowser(t *testing.T) {
	ctx := browsertest.Launch(t)
	t.Run("fork", func(t *testing.T) { browserShowsFork(t, ctx) })
	t.Run("widths", func(t *testing.T) { browserFits(t, ctx) })
	t.Run("accessibility", func(t *testing.T) { browserReads(t, ctx) })
	t.Run("print", func(t *testing.T) { browserPrints(t, ctx) })
	t.Run("notice", func(t *testing.T) { browserTestsNotice(t, ctx) })
}

// A screenshot of a fork shows the fork, at its place and in words, in light and
// dark; one of an honest conversation has nothing of the kind.
func browserShowsFork(t *testing.T, ctx context.Context) {
	fork, honest := transcripttest.RecordScript(t, "fork"), transcripttest.RecordScript(t, "default")
	for _, dark := range []bool{false, true} {
		b := open(t, ctx, fork, 1280, dark)
		img := b.Picture(t)
		marker := b.Box(t, ".marker")
		require.Greater(t, marker.Dx(), 600)
		require.Greater(t, browsertest.Share(img, marker, forkColour[dark]), 0.5, "dark: %v", dark)
		summary := b.Box(t, ".verdict.parted h3")
		require.Less(t, summary.Max.Y, 400, "what matters most is on the first screen")
		require.Greater(t, browsertest.Share(img, summary, forkColour[dark]), 0.01)
		require.Positive(t, browsertest.Share(img, b.Box(t, ".ways.first path.shape.v1"), forkColour[dark]), "the diamonds of variant B")
		require.Contains(t, browsertest.Eval[string](t, b, `document.querySelector("tr.part.first").innerText`), "Here they part: index 12")
		b.Quiet(t)

		b = open(t, ctx, honest, 1280, dark) // negative control
		img = b.Picture(t)
		require.Zero(t, browsertest.Share(img, img.Bounds(), forkColour[dark]))
		require.True(t, b.Box(t, ".marker").Empty())
		b.Quiet(t)
	}
}

// The page is readable on a phone: nothing is wider than the screen, few lanes or
// many, and no text is cut off.
func browserFits(t *testing.T, ctx context.Context) {
	many := "conversation big: " + strings.Join(strings.Fields("Ann Ben Cem Dan Eve Fay Gus Hal Ida Jon Kim Lea"), " ") + "\nAnn: hello\n"
	for _, m := range []*transcript.Memory{transcripttest.RecordScript(t, "fork"), transcripttest.RecordScript(t, "membership"), transcripttest.Record(t, transcripttest.Parse(t, many)), hostile()} {
		b := open(t, ctx, m, 360, false)
		for _, width := range []int64{360, 320, 800, 1280} {
			require.NoError(t, chromedp.Do(b.Ctx, chromedp.EmulateViewport(width, 800)))
			require.LessOrEqual(t, browsertest.Eval[int64](t, b, `Math.max(document.documentElement.scrollWidth, document.body.scrollWidth)`), width)
		}
		b.Quiet(t)
	}
	// Negative control: something too wide shows.
	b := browsertest.Open(t, ctx, []byte(`<!DOCTYPE html><main><p style="width: 500px">wide`), 360, false)
	require.Greater(t, browsertest.Eval[int64](t, b, `document.documentElement.scrollWidth`), int64(360))
}

// Keyboard and screen reader: the first stop is the skip link and is seen, the
// tree has landmarks, headings and a table with headers, and nothing needs scripts.
func browserReads(t *testing.T, ctx context.Context) {
	for _, width := range []int64{360, 1280} { // cards must stay a table for those who listen
		b := open(t, ctx, transcripttest.RecordScript(t, "fork"), width, false)
		require.NoError(t, chromedp.Do(b.Ctx, chromedp.KeyEvent("\t")))
		focus := browsertest.Eval[string](t, b, `document.activeElement.className + " " + getComputedStyle(document.activeElement).outlineStyle + " " + (document.activeElement.getBoundingClientRect().left >= 0)`)
		require.Equal(t, "skip solid true", focus)

		roles, found := map[string]int{}, false
		tree, err := chromedp.Call(b.Ctx, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{})
		require.NoError(t, err)
		for _, n := range tree.Nodes {
			if n.Ignored || n.Role == nil {
				continue
			}
			role := strings.Trim(string(n.Role.Value), `"`)
			roles[role]++
			found = found || role == "heading" && n.Name != nil && strings.Contains(string(n.Name.Value), "Deliveries part at index 12")
		}
		require.True(t, found)
		for _, role := range []string{"main", "banner", "contentinfo", "table", "rowheader", "cell", "heading", "link"} {
			require.Positive(t, roles[role], "%s at %d: %v", role, width, roles)
		}
		if width > 1000 {
			require.Equal(t, 9, roles["columnheader"])
		}
		require.Zero(t, roles["image"], "drawings are said in words beside them")
		b.Quiet(t)
	}
}

// The page prints, on more than an empty sheet, and nothing is cut off at the side.
func browserPrints(t *testing.T, ctx context.Context) {
	b := open(t, ctx, transcripttest.RecordScript(t, "fork"), 1280, true)
	pdf, err := chromedp.Run(b.Ctx, chromedp.PrintToPDF(chromedp.PDFPrintBackground(), chromedp.PDFPreferCSSPageSize()))
	require.NoError(t, err)
	require.True(t, bytes.HasPrefix(pdf, []byte("%PDF-")))
	require.Greater(t, len(pdf), 20_000)
	b.Media(t, "print", "dark")
	require.NoError(t, chromedp.Do(b.Ctx, chromedp.EmulateViewport(1032, 700)))
	require.LessOrEqual(t, browsertest.Eval[int64](t, b, `document.documentElement.scrollWidth`), int64(1032))
	b.Quiet(t)
}

// Negative control of quiet: a page that loads and complains is noticed.
func browserTestsNotice(t *testing.T, ctx context.Context) {
	b := browsertest.Open(t, ctx, []byte(`<!DOCTYPE html><main><img src="other.png"><script>console.log("x"); throw new Error("y")</script>`), 360, false)
	time.Sleep(200 * time.Millisecond)
	all := strings.Join(b.Bad(), "\n")
	for _, what := range []string{"console: log", "exception: ", "request: file:"} {
		require.Contains(t, all, what)
	}
}
