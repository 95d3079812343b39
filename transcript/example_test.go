package transcript_test

import (
	"bytes"
	"fmt"
	"io"
	"os"

	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/suite"
	"cowpi.example/transcript"
)

// header is that of a network with one mirror; the keys are none in earnest.
var header = transcript.Header{SuiteID: 1, Suite: "Example", Providers: []identity.Party{
	{ID: "router", Key: suite.Point{1}}, {ID: "mirror", Key: suite.Point{2}}}}

// A transcript is written record by record. Nothing is complete before Close.
func ExampleNewWriter() {
	var file bytes.Buffer
	w, err := transcript.NewWriter(&file, header)
	if err != nil {
		fmt.Println(err)
		return
	}
	_ = w.Write(transcript.Connected{Conn: 1, Client: "alice", Server: "router"})
	_ = w.Write(transcript.Sent{Conn: 1, ToServer: true, Bytes: make([]byte, 32), Opened: transcript.Opened{Kind: transcript.Hello}})
	err = w.Write(transcript.Crashed{Node: ""}) // is refused, and leaves no trace
	fmt.Println(err)
	_ = w.Write(transcript.Closed{Conn: 1})
	fmt.Println(w.Close(), file.Len())
	// Output:
	// transcript (binary): record 3 at byte 201: refused: "" is not a valid id
	// <nil> 259
}

// What was cut is not taken for a whole transcript.
func ExampleNewReader() {
	var file bytes.Buffer
	w, _ := transcript.NewWriter(&file, header)
	_ = w.Write(transcript.Connected{Conn: 1, Client: "alice", Server: "router"})
	_ = w.Close()

	file.Truncate(file.Len() - 45) // the end
	r, err := transcript.NewReader(&file)
	if err != nil {
		fmt.Println(err)
		return
	}
	for {
		record, err := r.Next()
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%+v\n", record)
	}
	// Output:
	// {Conn:1 Client:alice Server:router}
	// transcript (binary): record 2 at byte 142: it is cut off: unexpected EOF
}

// JSON lines are for people, and for other tools.
func ExampleNewJSONWriter() {
	w, _ := transcript.NewJSONWriter(os.Stdout, header)
	_ = w.Write(transcript.Connected{Conn: 1, Client: "alice", Server: "router"})
	_ = w.Write(transcript.Sent{Conn: 1, ToServer: true, Bytes: []byte{1, 2, 3}, Opened: transcript.Opened{
		Kind: transcript.Data, Plain: []byte{6, 0, 0, 0, 0, 0, 0, 0, 9}}})
	_ = w.Close()
	// Output:
	// {"transcript":"cowpi","version":1,"suite":"Example","suiteid":1,"timed":false,"providers":[{"id":"router","key":"0100000000000000000000000000000000000000000000000000000000000000"},{"id":"mirror","key":"0200000000000000000000000000000000000000000000000000000000000000"}]}
	// {"type":"connected","connection":1,"client":"alice","server":"router"}
	// {"type":"sent","connection":1,"to":"server","kind":"data","message":"HandoutAck","bytes":"010203","plain":"060000000000000009"}
	// {"type":"end","records":2,"digest":"5e862075cde637f8ae53143c0757230a81aa90fe4533ce3c55c3c579f53fcdc4"}
}

// Open reads either form; with Copy it converts one into the other.
func ExampleOpen() {
	var file, lines bytes.Buffer
	w, _ := transcript.NewWriter(&file, header)
	_ = w.Write(transcript.Crashed{Node: "alice"})
	_ = w.Close()

	src, err := transcript.Open(&file)
	if err != nil {
		fmt.Println(err)
		return
	}
	dst, _ := transcript.NewJSONWriter(&lines, src.Header())
	fmt.Println(transcript.Copy(dst, src))

	src, _ = transcript.Open(&lines)
	record, _ := src.Next()
	fmt.Printf("%+v\n", record)
	_, err = src.Next()
	fmt.Println(err == io.EOF)
	// Output:
	// <nil>
	// {Node:alice}
	// true
}
