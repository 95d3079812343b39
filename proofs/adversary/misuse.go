package adversary

import "cowpi.example/proofs/game"

// misuse are those that say what is malformed, too much, or out of turn.
var misuse = []game.Adversary{}
