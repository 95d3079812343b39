package adversary

import (
	"errors"

	"cowpi.example/proofs/game"
)

// ignore passes over what an oracle refused: a random adversary goes on.
func ignore(err error) error {
	var r *game.Refusal
	if errors.As(err, &r) {
		return nil
	}
	return err
}
