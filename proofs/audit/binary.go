package audit

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Binary is this command, built from the library with all mutants: each attack is a
// process of its own, so that it may also hang or die.
type Binary struct {
	// Command is a run of it, with a mutant chosen.
	Command func(ctx context.Context, args ...string) *exec.Cmd
}

// Attack lets an adversary attack the mutant.
func (b Binary) Attack(ctx context.Context, a Attack) (res Result, err error) {
	dir, err := os.MkdirTemp("", "cowpi-audit-")
	if err != nil {
		return res, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	file := filepath.Join(dir, "transcript")
	out, err := b.run(ctx, "game", a.Game, "--adversary", a.Adversary, "--trials", strconv.Itoa(a.Trials),
		"--seed", strconv.FormatUint(a.Seed, 10), "--until-won", "--json", "--transcript", file)
	if err != nil {
		return res, err
	}
	var p Played
	if err := json.Unmarshal(out, &p); err != nil {
		return res, fmt.Errorf("audit: what the mutant says: %w", err)
	}
	if p.Version != Version || len(p.Scores) != 1 {
		return res, fmt.Errorf("audit: the mutant speaks of version %d, %d scores", p.Version, len(p.Scores))
	}
	if res.Score = p.Scores[0].Score; res.Score.First != nil {
		res.Transcript, err = os.ReadFile(file)
	}
	return res, err
}

// run runs it; that something does not hold is no error.
func (b Binary) run(ctx context.Context, args ...string) ([]byte, error) {
	cmd := b.Command(ctx, args...)
	if cmd.Env == nil {
		cmd.Env = os.Environ()
	}
	cmd.Env = append(cmd.Env, "GOMAXPROCS=1") // several run at once
	cmd.WaitDelay = 5 * time.Second
	var out, errOut bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errOut
	err := cmd.Run()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == 1 {
		err = nil
	}
	if err != nil {
		said := strings.TrimSpace(errOut.String())
		return nil, fmt.Errorf("audit: %w: %s", err, said[max(0, len(said)-500):])
	}
	return out.Bytes(), nil
}
