package adversary

import "cowpi.example/proofs/game"

// ordering are those that attack what is shown, and in which order.
var ordering = []game.Adversary{Fork}
