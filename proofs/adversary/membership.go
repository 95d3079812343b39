package adversary

import "cowpi.example/proofs/game"

// membership are those that attack who takes part.
var membership = []game.Adversary{RostersApart, StaleEpoch, DesertedEpoch, GhostInvites, AlteredUpdate, ForgedOwn, SelfInvited, ForgedUpdate}
