package sheet_test

import (
	"fmt"
	"os"
	"strings"

	"cowpi.example/cowpi/sheet"
)

func ExamplePage_Table() {
	p := sheet.Page{Out: os.Stdout, Width: 50}
	rows := []sheet.Row{
		{Wide: []sheet.Part{sheet.Bold.Text("-- epoch 0")}},
		{Label: "1", Cells: [][]sheet.Part{{sheet.Plain.Text("Bob: Have you had lunch yet?")}, {sheet.Dim.Text("(offline)")}}},
		{Label: "2", Cells: [][]sheet.Part{{sheet.Plain.Text("Bob: \x1b[31mred")}, nil}},
	}
	p.Table([]string{"Alice", "Bob"}, rows, nil)
	// Output:
	//       | Alice               | Bob
	// ------+---------------------+--------------------
	// -- epoch 0
	//     1 | Bob: Have you had   | (offline)
	//       |   lunch yet?        |
	//     2 | Bob: \x1b[31mred    |
}

func ExampleSafe() {
	fmt.Println(sheet.Safe("hi\nBob: \u202eolleh"))
	// Output: hi\nBob: \u202eolleh
}

func ExampleSafeJSON() {
	fmt.Println(string(sheet.SafeJSON([]byte("{\"text\": \"hi \u202eolleh\"}"))))
	// Output: {"text": "hi \u202eolleh"}
}

func ExampleWrap() {
	fmt.Println(strings.Join(sheet.Wrap("Lets go to the protest", 10), "\n"))
	// Output:
	// Lets go to
	//   the
	//   protest
}

func ExampleColumns() {
	fmt.Println(sheet.Columns("naïve"), sheet.Columns("日本"), sheet.Columns("e\u0301"))
	// Output: 5 4 1
}

func ExampleThousands() {
	fmt.Println(sheet.Thousands(1234567))
	// Output: 1,234,567
}

func ExampleFives() {
	fmt.Println(sheet.Fives("123456789012"))
	// Output: 12345 67890 12
}
