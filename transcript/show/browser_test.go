package show

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/png"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"cowpi.example/transcript"
	"cowpi.example/transcript/transcripttest"
)

// These tests look at the page as people do: in a real browser.

// browser finds Chromium if COWPI_BROWSER=required asks for the test, as .ci/run
// does; otherwise it skips it, loudly: it takes a minute.
func browser(t *testing.T) string {
	if os.Getenv("COWPI_BROWSER") != "required" {
		t.Skip("SKIPPED: the page was not looked at in a browser; .ci/run does, or COWPI_BROWSER=required with Chromium installed")
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Fatal("no Chromium was found (Debian: apt-get install chromium)")
	return ""
}

// launch starts a browser of its own for a test.
func launch(t *testing.T) context.Context {
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(browser(t)), chromedp.UserDataDir(t.TempDir()),
		chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun, chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true), chromedp.Flag("force-color-profile", "srgb"))
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	t.Cleanup(cancel)
	ctx, stop := chromedp.NewExecAllocator(ctx, opts...)
	t.Cleanup(stop)
	ctx, closed := chromedp.NewContext(ctx)
	t.Cleanup(func() { _ = chromedp.Cancel(ctx); closed() })
	require.NoError(t, chromedp.Do(ctx))
	return ctx
}

// tab is one page in the browser, and all that it complained of or asked for.
type tab struct {
	ctx context.Context
	mu  sync.Mutex
	bad []string
}

// open draws a transcript and opens the page in a new tab.
func open(t *testing.T, in context.Context, m *transcript.Memory, width int64, dark bool) *tab {
	var buf bytes.Buffer
	require.NoError(t, HTML(&buf, m.Source(), Options{Title: "Test"}))
	return openPage(t, in, buf.Bytes(), width, dark)
}

func openPage(t *testing.T, in context.Context, html []byte, width int64, dark bool) *tab {
	file := filepath.Join(t.TempDir(), "page.html")
	require.NoError(t, os.WriteFile(file, html, 0o600))
	where := (&url.URL{Scheme: "file", Path: file}).String()
	ctx, cancel := chromedp.NewContext(in)
	t.Cleanup(cancel)
	b := &tab{ctx: ctx}
	say := func(what string) { b.mu.Lock(); b.bad = append(b.bad, what); b.mu.Unlock() }
	require.NoError(t, chromedp.Listen(ctx, func(ev any) {
		switch ev := ev.(type) {
		case *runtime.EventConsoleAPICalled:
			say("console: " + string(ev.Type))
		case *runtime.EventExceptionThrown:
			say("exception: " + ev.ExceptionDetails.Text)
		case *log.EventEntryAdded:
			say("log: " + ev.Entry.Text)
		case *network.EventRequestWillBeSent:
			if asked, _, _ := strings.Cut(ev.Request.URL, "#"); asked != where {
				say("request: " + ev.Request.URL)
			}
		}
	}))
	scheme := "light"
	if dark {
		scheme = "dark"
	}
	_, err := chromedp.Call(ctx, network.Enable, network.EnableParams{})
	require.NoError(t, err)
	_, err = chromedp.Call(ctx, log.Enable, cdp.Empty{})
	require.NoError(t, err)
	b.media(t, "", scheme)
	require.NoError(t, chromedp.Do(ctx, chromedp.EmulateViewport(width, 800), chromedp.Navigate(where), chromedp.WaitReady("main")))
	return b
}

// media sets what the page is drawn for.
func (b *tab) media(t *testing.T, media, scheme string) {
	_, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: media,
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
	require.NoError(t, err)
}

// eval asks the page; scripts from outside are not the page's own.
func eval[T any](t *testing.T, b *tab, js string) T {
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](js))
	require.NoError(t, err)
	return v
}

// quiet asserts that the page asked for nothing and complained of nothing.
func (b *tab) quiet(t *testing.T) {
	b.mu.Lock()
	defer b.mu.Unlock()
	require.Empty(t, b.bad)
}

// box is where an element stands on the page.
func (b *tab) box(t *testing.T, selector string) image.Rectangle {
	v := eval[[]float64](t, b, `(() => { const e = document.querySelector(`+"`"+selector+"`"+`); if (!e) return []; const r = e.getBoundingClientRect();
		return [r.left + scrollX, r.top + scrollY, r.right + scrollX, r.bottom + scrollY] })()`)
	if len(v) == 0 {
		return image.Rectangle{}
	}
	return image.Rect(int(v[0]), int(v[1]), int(v[2]), int(v[3]))
}

// picture is a screenshot of the whole page.
func (b *tab) picture(t *testing.T) image.Image {
	buf, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
	require.NoError(t, err)
	img, err := png.Decode(bytes.NewReader(buf))
	require.NoError(t, err)
	return img
}

// share is which part of a rectangle has a colour.
func share(img image.Image, in image.Rectangle, want color.RGBA) float64 {
	in = in.Intersect(img.Bounds())
	n := 0
	for y := in.Min.Y; y < in.Max.Y; y++ {
		for x := in.Min.X; x < in.Max.X; x++ {
			if color.RGBAModel.Convert(img.At(x, y)) == want {
				n++
			}
		}
	}
	return float64(n) / float64(max(1, in.Dx()*in.Dy()))
}

var forkColour = map[bool]color.RGBA{false: {0xb3, 0x00, 0x5e, 0xff}, true: {0xff, 0x6c, 0xb0, 0xff}}

// One browser serves all of them: starting it is what takes long.
func TestBrowser(t *testing.T) {
	ctx := launch(t)
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
		img := b.picture(t)
		marker := b.box(t, ".marker")
		require.Greater(t, marker.Dx(), 600)
		require.Greater(t, share(img, marker, forkColour[dark]), 0.5, "dark: %v", dark)
		summary := b.box(t, ".verdict.parted h3")
		require.Less(t, summary.Max.Y, 400, "what matters most is on the first screen")
		require.Greater(t, share(img, summary, forkColour[dark]), 0.01)
		require.Positive(t, share(img, b.box(t, ".ways.first path.shape.v1"), forkColour[dark]), "the diamonds of variant B")
		require.Contains(t, eval[string](t, b, `document.querySelector("tr.part.first").innerText`), "Here they part: index 12")
		b.quiet(t)

		b = open(t, ctx, honest, 1280, dark) // negative control
		img = b.picture(t)
		require.Zero(t, share(img, img.Bounds(), forkColour[dark]))
		require.True(t, b.box(t, ".marker").Empty())
		b.quiet(t)
	}
}

// The page is readable on a phone: nothing is wider than the screen, few lanes or
// many, and no text is cut off.
func browserFits(t *testing.T, ctx context.Context) {
	many := "conversation big: " + strings.Join(strings.Fields("Ann Ben Cem Dan Eve Fay Gus Hal Ida Jon Kim Lea"), " ") + "\nAnn: hello\n"
	for _, m := range []*transcript.Memory{transcripttest.RecordScript(t, "fork"), transcripttest.RecordScript(t, "membership"), transcripttest.Record(t, transcripttest.Parse(t, many)), hostile()} {
		b := open(t, ctx, m, 360, false)
		for _, width := range []int64{360, 320, 800, 1280} {
			require.NoError(t, chromedp.Do(b.ctx, chromedp.EmulateViewport(width, 800)))
			require.LessOrEqual(t, eval[int64](t, b, `Math.max(document.documentElement.scrollWidth, document.body.scrollWidth)`), width)
		}
		b.quiet(t)
	}
	// Negative control: something too wide shows.
	b := openPage(t, ctx, []byte(`<!DOCTYPE html><main><p style="width: 500px">wide`), 360, false)
	require.Greater(t, eval[int64](t, b, `document.documentElement.scrollWidth`), int64(360))
}

// Keyboard and screen reader: the first stop is the skip link and is seen, the
// tree has landmarks, headings and a table with headers, and nothing needs scripts.
func browserReads(t *testing.T, ctx context.Context) {
	for _, width := range []int64{360, 1280} { // cards must stay a table for those who listen
		b := open(t, ctx, transcripttest.RecordScript(t, "fork"), width, false)
		require.NoError(t, chromedp.Do(b.ctx, chromedp.KeyEvent("\t")))
		focus := eval[string](t, b, `document.activeElement.className + " " + getComputedStyle(document.activeElement).outlineStyle + " " + (document.activeElement.getBoundingClientRect().left >= 0)`)
		require.Equal(t, "skip solid true", focus)

		roles, found := map[string]int{}, false
		tree, err := chromedp.Call(b.ctx, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{})
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
		b.quiet(t)
	}
}

// The page prints, on more than an empty sheet, and nothing is cut off at the side.
func browserPrints(t *testing.T, ctx context.Context) {
	b := open(t, ctx, transcripttest.RecordScript(t, "fork"), 1280, true)
	pdf, err := chromedp.Run(b.ctx, chromedp.PrintToPDF(chromedp.PDFPrintBackground(), chromedp.PDFPreferCSSPageSize()))
	require.NoError(t, err)
	require.True(t, bytes.HasPrefix(pdf, []byte("%PDF-")))
	require.Greater(t, len(pdf), 20_000)
	b.media(t, "print", "dark")
	require.NoError(t, chromedp.Do(b.ctx, chromedp.EmulateViewport(1032, 700)))
	require.LessOrEqual(t, eval[int64](t, b, `document.documentElement.scrollWidth`), int64(1032))
	b.quiet(t)
}

// Negative control of quiet: a page that loads and complains is noticed.
func browserTestsNotice(t *testing.T, ctx context.Context) {
	b := openPage(t, ctx, []byte(`<!DOCTYPE html><main><img src="other.png"><script>console.log("x"); throw new Error("y")</script>`), 360, false)
	time.Sleep(200 * time.Millisecond)
	b.mu.Lock()
	defer b.mu.Unlock()
	all := strings.Join(b.bad, "\n")
	for _, what := range []string{"console: log", "exception: ", "request: file:"} {
		require.Contains(t, all, what)
	}
}
