// Package browsertest lets tests look at pages as people do: in a real browser.
package browsertest

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
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

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

// Launch starts a browser of its own for a test.
func Launch(t *testing.T) context.Context {
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

// Tab is one page in the browser, and all that it complained of or asked for.
type Tab struct {
	Ctx context.Context
	mu  sync.Mutex
	bad []string
}

// Open opens a page, which is a file, in a new tab.
func Open(t *testing.T, in context.Context, html []byte, width int64, dark bool) *Tab {
	file := filepath.Join(t.TempDir(), "page.html")
	require.NoError(t, os.WriteFile(file, html, 0o600))
	where := (&url.URL{Scheme: "file", Path: file}).String()
	ctx, cancel := chromedp.NewContext(in)
	t.Cleanup(cancel)
	b := &Tab{Ctx: ctx}
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
	b.Media(t, "", scheme)
	require.NoError(t, chromedp.Do(ctx, chromedp.EmulateViewport(width, 800), chromedp.Navigate(where), chromedp.WaitReady("main")))
	return b
}

// Media sets what the page is drawn for.
func (b *Tab) Media(t *testing.T, media, scheme string) {
	_, err := chromedp.Call(b.Ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: media,
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
	require.NoError(t, err)
}

// Eval asks the page; scripts from outside are not the page's own.
func Eval[T any](t *testing.T, b *Tab, js string) T {
	v, err := chromedp.Run(b.Ctx, chromedp.Evaluate[T](js))
	require.NoError(t, err)
	return v
}

// Quiet asserts that the page asked for nothing and complained of nothing.
func (b *Tab) Quiet(t *testing.T) {
	require.Empty(t, b.Bad())
}

// Box is where an element stands on the page.
func (b *Tab) Box(t *testing.T, selector string) image.Rectangle {
	v := Eval[[]float64](t, b, `(() => { const e = document.querySelector(`+"`"+selector+"`"+`); if (!e) return []; const r = e.getBoundingClientRect();
		return [r.left + scrollX, r.top + scrollY, r.right + scrollX, r.bottom + scrollY] })()`)
	if len(v) == 0 {
		return image.Rectangle{}
	}
	return image.Rect(int(v[0]), int(v[1]), int(v[2]), int(v[3]))
}

// Picture is a screenshot of the whole page.
func (b *Tab) Picture(t *testing.T) image.Image {
	buf, err := chromedp.Run(b.Ctx, chromedp.FullScreenshot(100))
	require.NoError(t, err)
	img, err := png.Decode(bytes.NewReader(buf))
	require.NoError(t, err)
	return img
}

// Share is which part of a rectangle has a colour.
func Share(img image.Image, in image.Rectangle, want color.RGBA) float64 {
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

// Bad lists all that the page complained of or asked for.
func (b *Tab) Bad() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.bad)
}
