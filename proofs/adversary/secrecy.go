package adversary

import "cowpi.example/proofs/game"

// secrecy are those that read what they should not.
var secrecy = []game.Adversary{}
