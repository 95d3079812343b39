package sheet

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// table draws what many people said, in a page of this width.
func table(width int, colour bool) string {
	heads := []string{"Alice", "Bob", "Charlie", "日本", "\x1b[2J"}
	row := Row{Label: "1", Cells: make([][]Part, len(heads))}
	for i := range row.Cells {
		row.Cells[i] = []Part{Plain.Text(strings.Repeat("日本語 ", i)), Red.Text("\u202e" + strings.Repeat("x", 30))}
	}
	over := Row{Wide: []Part{Bold.Text(strings.Repeat("over all ", 9))}}
	var b strings.Builder
	p := Page{Out: &b, Width: width, Colour: colour}
	p.Line("Who said what", Dim)
	p.Table(heads, []Row{over, row}, []Row{row})
	return b.String()
}

// Every line fits, whatever it says; many columns take several tables, and each
// has the lines that are for all.
func TestTableFits(t *testing.T) {
	for width, tables := range map[int]int{24: 5, 60: 3, 80: 2, 200: 1} {
		out := table(width, false)
		for line := range strings.Lines(out) {
			require.LessOrEqual(t, Columns(strings.TrimSuffix(line, "\n")), width, "%q", line)
		}
		require.Equal(t, tables, strings.Count(out, "\n------+-")/2)
		require.Equal(t, tables, strings.Count(out, "\nover all"))
		require.NotContains(t, out, "\u202e")
		require.NotContains(t, out, "\x1b")
	}
}

// Colours change nothing but the colours.
func TestColours(t *testing.T) {
	coloured := table(80, true)
	for _, s := range []Style{Bold, Dim, Red} {
		require.Contains(t, coloured, "\x1b["+string(s)+"m")
		coloured = strings.ReplaceAll(coloured, "\x1b["+string(s)+"m", "")
	}
	require.Equal(t, table(80, false), strings.ReplaceAll(coloured, "\x1b[0m", ""))
}

// A row has its label in every table, unless the page is sparse: then it is only
// where one of its cells is.
func TestSparse(t *testing.T) {
	heads := []string{"Alice", "Bob"}
	rows := []Row{{Label: "7", Cells: make([][]Part, 2)}, {Label: "8", Cells: [][]Part{nil, {Plain.Text("yes")}}}}
	for sparse, want := range map[bool][2]int{false: {2, 2}, true: {0, 1}} {
		var b strings.Builder
		p := Page{Out: &b, Width: 24, Sparse: sparse} // a table for each of the two
		p.Table(heads, rows, nil)
		require.Equal(t, want, [2]int{strings.Count(b.String(), "\n    7 |"), strings.Count(b.String(), "\n    8 |")})
	}
}

func TestEmpty(t *testing.T) {
	require.True(t, Row{Label: "7", Cells: make([][]Part, 1)}.Empty())
	require.False(t, Row{Wide: []Part{Plain.Text("")}}.Empty())
	require.False(t, Row{Cells: [][]Part{nil, {Plain.Text("")}}}.Empty())
}
