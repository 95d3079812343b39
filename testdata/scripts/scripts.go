// Package scripts holds the conversation scripts of this folder, for the command
// and for tests. README.md here describes their format.
package scripts

import (
	"embed"
	"io/fs"
)

//go:embed *.cowpi
var files embed.FS

// Files returns the scripts, each under its name.
func Files() fs.FS { return files }

// Default returns the script that the command plays when it is given none.
func Default() string {
	text, err := files.ReadFile("default.cowpi")
	if err != nil {
		panic("scripts: " + err.Error()) // it was there when this was compiled
	}
	return string(text)
}
