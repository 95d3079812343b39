package transcript

import (
	"bytes"
	"encoding/hex"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// README.md is the schema for those who do not read Go: these tests hold it against
// the code.

func readme(t *testing.T) string {
	b, err := os.ReadFile("README.md")
	require.NoError(t, err)
	return string(b)
}

var quoted = regexp.MustCompile("`([a-z]+)`")

// rows returns the cells of the table with this header.
func rows(t *testing.T, doc, header string) (out [][]string) {
	_, rest, ok := strings.Cut(doc, "\n"+header+"\n")
	require.True(t, ok, header)
	for _, line := range strings.Split(rest, "\n")[1:] {
		if !strings.HasPrefix(line, "| ") {
			return out
		}
		out = append(out, strings.Split(strings.Trim(line, "| "), " | "))
	}
	return out
}

func names(cell string) (out []string) {
	for _, m := range quoted.FindAllStringSubmatch(cell, -1) {
		out = append(out, m[1])
	}
	return out
}

func TestReadmeNumbers(t *testing.T) {
	doc := readme(t)
	tags := map[string]byte{"end": tagEnd}
	for _, r := range one(true).Records {
		m := &Memory{Head: Header{Timed: true}, Records: []Record{r}}
		kind := regexp.MustCompile(`"type":"([a-z]+)"`).FindStringSubmatch(jsonLines(t, m)[1])[1]
		tags[kind] = r.tag()
	}
	list := rows(t, doc, "| type | number | what happened |")
	require.Len(t, list, len(shapes))
	for _, row := range list {
		require.Equal(t, row[1], strconv.Itoa(int(tags[names(row[0])[0]])), row[0])
		require.Contains(t, shapes, names(row[0])[0])
	}
	list = rows(t, doc, "| kind | number | what it is | plain | inner |")
	require.Len(t, list, len(kindNames))
	for i, row := range list {
		require.Equal(t, []string{"`" + Kind(i).String() + "`", strconv.Itoa(i)}, row[:2])
	}
	list = rows(t, doc, "| what | number | what happened | members in JSON |")
	require.Len(t, list, len(whatNames)-1)
	for i, row := range list {
		w := What(i + 1)
		require.Equal(t, []string{"`" + w.String() + "`", strconv.Itoa(i + 1)}, row[:2])
		require.Equal(t, partsOf[w].members(), names(row[3]), w)
	}
	frames := rows(t, doc, "| frame | what follows the type |")
	require.Len(t, frames, len(shapes)+1)
	for _, row := range frames[1:] {
		require.Contains(t, shapes, names(row[0])[0])
	}
}

func TestReadmeMembers(t *testing.T) {
	doc := readme(t)
	list := rows(t, doc, "| line | members |")
	require.Len(t, list, len(shapes)+1)
	require.Equal(t, headerTable.mask(names(list[0][1])...), uint64(1)<<len(headerTable.specs)-1)
	for _, row := range list[1:] {
		cell, _, _ := strings.Cut(row[1], ", and")
		require.Equal(t, shapes[names(row[0])[0]].need, lineTable.mask(names(cell)...), row[0])
	}
	list = rows(t, doc, "| object | members |")
	for i, table := range []*table{stateTable, blockTable, startTable, offeredTable} {
		require.Equal(t, table.mask(names(list[i][1])...), uint64(1)<<len(table.specs)-1, list[i][0])
	}
	for _, number := range []int{MaxRecord, maxBytes, maxSent, maxText, maxWords, maxMembers, maxLine, maxLinks, MaxMessageState} {
		digits := strconv.Itoa(number)
		for i := len(digits) - 3; i > 0; i -= 3 {
			digits = digits[:i] + "," + digits[i:]
		}
		require.Contains(t, doc, digits)
	}
}

// The examples are what the code reads and writes.
func TestReadmeExamples(t *testing.T) {
	blocks := regexp.MustCompile("(?ms)^```(?:hex)?\n(.*?)^```$").FindAllStringSubmatch(readme(t), -1)
	require.Len(t, blocks, 4) // the last is a picture: see package show
	m, err := codecs[1].load([]byte(blocks[0][1]))
	require.NoError(t, err)
	require.Len(t, m.Records, 3)
	require.Equal(t, blocks[0][1], string(codecs[1].bytes(t, m)))

	binary, err := hex.DecodeString(strings.Join(strings.Fields(blocks[1][1]), ""))
	require.NoError(t, err)
	require.Equal(t, hex.EncodeToString(binary), hex.EncodeToString(codecs[0].bytes(t, m)))

	s, err := ReadMessageState(strings.NewReader(blocks[2][1]))
	require.NoError(t, err)
	var b bytes.Buffer
	require.NoError(t, WriteMessageState(&b, s))
	require.Equal(t, blocks[2][1], b.String())
}
