package adversary

import "cowpi.example/proofs/game"

// impersonation are those that speak in other people's names.
var impersonation = []game.Adversary{}
