package report_test

import (
	"context"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"cowpi.example/transcript/browsertest"
)

// One browser serves all of them: starting it is what takes long.
func TestBrowser(t *testing.T) {
	ctx := browsertest.Launch(t)
	page := []byte(strings.ReplaceAll(written(t, rich(t)), "<details", "<details open"))
	t.Run("fits", func(t *testing.T) { browserFits(t, ctx, page) })
	t.Run("legible", func(t *testing.T) { browserLegible(t, ctx, page) })
	t.Run("accessible", func(t *testing.T) { browserReads(t, ctx, page) })
	t.Run("prints", func(t *testing.T) { browserPrints(t, ctx, page) })
}

const scrollWidth = `Math.max(document.documentElement.scrollWidth, document.body.scrollWidth)`

// Nothing is wider than the screen, and what is drawn is there: also on a phone, and
// with everything unfolded.
func browserFits(t *testing.T, ctx context.Context, page []byte) {
	b := browsertest.Open(t, ctx, page, 360, false)
	for _, width := range []int64{360, 320, 700, 1280} {
		require.NoError(t, chromedp.Do(b.Ctx, chromedp.EmulateViewport(width, 800)))
		require.LessOrEqual(t, browsertest.Eval[int64](t, b, scrollWidth), width)
		require.Greater(t, b.Box(t, ".lanes .marker").Dx(), int(width)*2/3)
		require.Less(t, b.Box(t, ".verdict h2").Min.Y, 200, "what matters most is on the first screen")
	}
	b.Quiet(t)
}

// contrast lists texts whose contrast with what is behind them is below what WCAG 2
// asks for (level AA), and how many were looked at.
const contrast = `(() => {
	const parse = c => {
		let m = c.match(/^rgba?\(([\d.]+), ([\d.]+), ([\d.]+)(?:, ([\d.]+))?\)$/)
		if (m) return [+m[1] / 255, +m[2] / 255, +m[3] / 255, m[4] === undefined ? 1 : +m[4]]
		m = c.match(/^color\(srgb ([\d.e-]+) ([\d.e-]+) ([\d.e-]+)(?: \/ ([\d.e-]+))?\)$/)
		if (m) return [+m[1], +m[2], +m[3], m[4] === undefined ? 1 : +m[4]]
		throw new Error("colour " + c)
	}
	const over = (a, b) => [0, 1, 2].map(i => a[i] * a[3] + b[i] * (1 - a[3])).concat(1)
	const behind = e => {
		let all = []
		for (; e; e = e.parentElement) all.push(parse(getComputedStyle(e).backgroundColor))
		return all.reverse().reduce((below, c) => over(c, below), [1, 1, 1, 1])
	}
	const light = c => { const f = c.slice(0, 3).map(v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4); return .2126 * f[0] + .7152 * f[1] + .0722 * f[2] }
	let bad = [], seen = 0
	const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
	for (let n; n = walk.nextNode();) {
		const e = n.parentElement
		if (!n.data.trim() || e.closest("svg") || e.closest(".sr") || e.closest(".skip") || !e.checkVisibility()) continue
		const s = getComputedStyle(e), back = behind(e), a = light(over(parse(s.color), back)), b = light(back)
		const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05), size = parseFloat(s.fontSize)
		seen++
		if (ratio < (size >= 24 || size >= 18.66 && s.fontWeight >= 700 ? 3 : 4.5)) bad.push(ratio.toFixed(2) + " " + n.data.trim().slice(0, 40))
	}
	return seen > 0 && bad.length == 0 ? ["seen " + seen] : bad
})()`

// Everything is legible: in light, in dark, and printed from either.
func browserLegible(t *testing.T, ctx context.Context, page []byte) {
	for _, dark := range []bool{false, true} {
		b := browsertest.Open(t, ctx, page, 1280, dark)
		for _, width := range []int64{1280, 360} {
			require.NoError(t, chromedp.Do(b.Ctx, chromedp.EmulateViewport(width, 800)))
			found := browsertest.Eval[[]string](t, b, contrast)
			require.Len(t, found, 1, "dark: %v, %d: %v", dark, width, found)
			require.Contains(t, found[0], "seen ")
		}
		b.Media(t, "print", map[bool]string{false: "light", true: "dark"}[dark])
		found := browsertest.Eval[[]string](t, b, contrast)
		require.Len(t, found, 1, "print, dark: %v: %v", dark, found)
		b.Quiet(t)
	}
	// Negative control: what is hard to read is found.
	b := browsertest.Open(t, ctx, []byte(`<!DOCTYPE html><main><p style="color: #999">pale</p><p style="color: #000">dark</p>`), 360, false)
	require.Equal(t, []string{"2.85 pale"}, browsertest.Eval[[]string](t, b, contrast))
}

// Keyboard and screen reader: the first stop is the skip link, the tree has landmarks
// and tables with headers, at every width, and headings leave no level out.
func browserReads(t *testing.T, ctx context.Context, page []byte) {
	for _, width := range []int64{360, 1280} {
		b := browsertest.Open(t, ctx, page, width, false)
		require.NoError(t, chromedp.Do(b.Ctx, chromedp.KeyEvent("\t")))
		require.Equal(t, "skip", browsertest.Eval[string](t, b, `document.activeElement.className`))
		roles := map[string]int{}
		tree, err := chromedp.Call(b.Ctx, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{})
		require.NoError(t, err)
		for _, n := range tree.Nodes {
			if !n.Ignored && n.Role != nil {
				roles[strings.Trim(string(n.Role.Value), `"`)]++
			}
		}
		for _, role := range []string{"main", "banner", "contentinfo", "navigation", "table", "columnheader", "rowheader", "cell", "heading", "article", "link"} {
			require.Positive(t, roles[role], "%s at %d: %v", role, width, roles)
		}
		require.Zero(t, roles["image"], "drawings are said in words beside them")
		levels := browsertest.Eval[[]int](t, b, `[...document.querySelectorAll("h1, h2, h3, h4")].map(h => +(h.getAttribute("aria-level") || h.tagName[1]))`)
		for i := 1; i < len(levels); i++ {
			require.LessOrEqual(t, levels[i], levels[i-1]+1, "heading %d of %v", i, levels)
		}
		b.Quiet(t)
	}
}

// It prints, and nothing is cut off at the side.
func browserPrints(t *testing.T, ctx context.Context, page []byte) {
	b := browsertest.Open(t, ctx, page, 1280, true)
	pdf, err := chromedp.Run(b.Ctx, chromedp.PrintToPDF(chromedp.PDFPrintBackground(), chromedp.PDFPreferCSSPageSize()))
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(string(pdf), "%PDF-"))
	require.Greater(t, len(pdf), 20_000)
	b.Media(t, "print", "dark")
	require.NoError(t, chromedp.Do(b.Ctx, chromedp.EmulateViewport(1032, 700)))
	require.LessOrEqual(t, browsertest.Eval[int64](t, b, scrollWidth), int64(1032))
	b.Quiet(t)
}
