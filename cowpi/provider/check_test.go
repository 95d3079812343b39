package provider

import (
	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi/fault"
)

// requireFault requires that the first fault is the breaking of this check.
func requireFault(t require.TestingT, c fault.Check, faults []error) {
	require.NotEmpty(t, faults)
	require.Equal(t, c, fault.CheckOf(faults[0]), "%v", faults[0])
	var bug *fault.Bug
	require.NotErrorAs(t, faults[0], &bug)
}
