package audit

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
)

// Made says what made a report.
type Made struct {
	Go       string `json:"go"`
	Module   string `json:"module"`
	Commit   string `json:"commit"`   // "" if it is not known
	Modified bool   `json:"modified"` // files differ from that commit
	System   string `json:"system"`
	Cores    int    `json:"cores"`
}

func made() Made {
	m := Made{Go: runtime.Version(), System: runtime.GOOS + "/" + runtime.GOARCH, Cores: runtime.GOMAXPROCS(0)}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return m
	}
	m.Module = info.Main.Path
	if info.Main.Version != "" && info.Main.Version != "(devel)" {
		m.Module += " " + info.Main.Version
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			m.Commit = s.Value
		case "vcs.modified":
			m.Modified = s.Value == "true"
		}
	}
	if m.Commit == "" { // go run does not note it
		m.fromGit(info.Main.Path)
	}
	return m
}

// fromGit asks git, if this runs in the repository of the module.
func (m *Made) fromGit(module string) {
	dir, err := os.Getwd()
	for err == nil {
		b, missing := os.ReadFile(filepath.Join(dir, "go.mod"))
		if missing == nil {
			if !strings.HasPrefix(string(b), "module "+module+"\n") {
				return
			}
			break
		}
		if dir == filepath.Dir(dir) {
			return
		}
		dir = filepath.Dir(dir)
	}
	git := func(args ...string) (string, error) {
		c := exec.Command("git", args...)
		c.Dir = dir
		b, err := c.Output()
		return strings.TrimSpace(string(b)), err
	}
	commit, err := git("rev-parse", "HEAD")
	if err != nil {
		return
	}
	if status, err := git("status", "--porcelain", "--untracked-files=no"); err == nil {
		m.Commit, m.Modified = commit, status != ""
	}
}
