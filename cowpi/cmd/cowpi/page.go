package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"cowpi.example/cowpi"
	"cowpi.example/cowpi/cowpitest"
	"cowpi.example/cowpi/script/play"
	"cowpi.example/cowpi/sheet"
)

// page writes reports for people.
type page struct{ *sheet.Page }

func (p page) report(r play.Report) {
	for _, c := range r.Conversations {
		p.conversation(c)
	}
	p.spent(r.Spent)
	p.happened(r)
}

// conversation writes the views of one conversation side by side.
func (p page) conversation(c play.Conversation) {
	p.Line("Conversation "+c.Name, sheet.Bold)
	p.Line("", sheet.Plain)
	if !c.Begun {
		p.Line("  It has not begun.", sheet.Plain)
		p.Line("", sheet.Plain)
		return
	}
	var heads []string
	cells := map[uint64][][]sheet.Part{}
	cell := func(index uint64, i int, parts ...sheet.Part) {
		if cells[index] == nil {
			cells[index] = make([][]sheet.Part, len(c.Views))
		}
		cells[index][i] = append(cells[index][i], parts...)
	}
	ends := []sheet.Row{{Label: "now"}, {Label: "code"}}
	for i, v := range c.Views {
		heads = append(heads, v.User)
		for _, l := range v.Lines {
			cell(l.Index, i, shown(l)...)
		}
		for _, s := range v.Stops {
			cell(s.At, i, sheet.Red.Text("STOPPED: "+verdict(s)))
		}
		ends[0].Cells = append(ends[0].Cells, []sheet.Part{standing(v)})
		var code []sheet.Part
		if v.Code != "" {
			code = []sheet.Part{sheet.Plain.Text(sheet.Fives(v.Code)), sheet.Dim.Text(fmt.Sprintf("after %d", v.Last))}
		}
		ends[1].Cells = append(ends[1].Cells, code)
	}
	var rows []sheet.Row
	for _, index := range slices.Sorted(maps.Keys(cells)) {
		rows = append(rows, sheet.Row{Label: fmt.Sprint(index), Cells: cells[index]})
	}
	p.Table(heads, rows, ends)
}

// shown says what one line showed, and who has it.
func shown(l cowpitest.Line) (out []sheet.Part) {
	author := string(l.Author)
	switch l.Kind {
	case "text":
		out = append(out, sheet.Plain.Text(author+": "+l.Text))
	case "repeat":
		out = append(out, sheet.Dim.Text(author+": (a text again that was shown before)"))
	case "unreadable":
		out = append(out, sheet.Dim.Text(author+": (a text that opens for nobody)"))
	case play.KindStopped:
		return []sheet.Part{sheet.Red.Text("! " + author + " says that it stopped")}
	case "roster":
		if l.Index == 0 {
			with := slices.DeleteFunc(names(l.Added), func(id string) bool { return id == author })
			if len(with) == 0 {
				with = []string{"nobody"}
			}
			out = append(out, sheet.Bold.Text("* "+author+" begins, with "+strings.Join(with, ", ")))
			break
		}
		for _, id := range l.Added {
			out = append(out, sheet.Bold.Text("+ "+author+" adds "+string(id)))
		}
		for _, id := range l.Removed {
			if id == l.Author {
				out = append(out, sheet.Bold.Text("- "+author+" leaves"))
			} else {
				out = append(out, sheet.Bold.Text("- "+author+" removes "+string(id)))
			}
		}
		for _, id := range l.Anew {
			out = append(out, sheet.Bold.Text("~ "+author+" restarts "+string(id)))
		}
	}
	if len(l.AckedBy) > 0 {
		out = append(out, sheet.Dim.Text("✓ "+strings.Join(names(l.AckedBy), ", ")))
	}
	return out
}

func verdict(s *play.Stop) string {
	if s.Check == "" {
		return fmt.Sprint(s.Err)
	}
	return fmt.Sprintf("check %s, by %s: %s", s.Check, s.Blame, s.What)
}

// standing says where a participant stands in the end.
func standing(v play.View) sheet.Part {
	switch {
	case v.Stopped != nil:
		return sheet.Red.Text(fmt.Sprintf("stopped at %d", v.Stopped.At))
	case v.Active && v.Offline:
		return sheet.Dim.Text("offline")
	case v.Active:
		return sheet.Plain.Text("takes part")
	case v.Ended != nil && v.Ended.Reason == cowpi.EndLeft:
		return sheet.Dim.Text("has left")
	case v.Ended != nil:
		return sheet.Dim.Text("was removed")
	}
	return sheet.Dim.Text("has seen nothing")
}

// spent writes what each one spent.
func (p page) spent(list []play.Spent) {
	p.Line("Bytes sent and scalar multiplications, and those before to get ready", sheet.Bold)
	p.Line("", sheet.Plain)
	var heads []string
	rows := []sheet.Row{{Label: "bytes"}, {Label: "mults"}}
	for _, s := range list {
		heads = append(heads, s.User)
		for i, n := range [...][2]uint64{{uint64(s.After.Sent), uint64(s.Ready.Sent)}, {uint64(s.After.Mults), uint64(s.Ready.Mults)}} {
			rows[i].Cells = append(rows[i].Cells, []sheet.Part{sheet.Plain.Text(sheet.Thousands(n[0]) + " + " + sheet.Thousands(n[1]))})
		}
	}
	p.Table(heads, rows, nil)
}

// happened says in the end who stopped, and whether a fork was caught.
func (p page) happened(r play.Report) {
	var caught []string
	codes := map[string]bool{}
	for _, c := range r.Conversations {
		for _, v := range c.Views {
			codes[v.Code] = true
			for _, s := range v.Stops {
				caught = append(caught, fmt.Sprintf("%s at index %d", v.User, s.At))
				p.Line(fmt.Sprintf("%s stopped in %s at index %d: %s.", v.User, c.Name, s.At, verdict(s)), sheet.Red)
			}
		}
	}
	switch {
	case !r.Forked:
	case len(caught) > 0:
		p.Line("The router forked the conversation. The fork was caught by "+strings.Join(caught, ", ")+".", sheet.Bold)
	case len(codes) > 1:
		p.Line("The router forked the conversation. Nobody noticed; only the codes differ.", sheet.Bold)
	}
	if len(r.Failures) == 0 {
		p.Line("Everything went as the script says.", sheet.Plain)
	} else {
		p.Line("Something else happened than the script says.", sheet.Red)
	}
}
