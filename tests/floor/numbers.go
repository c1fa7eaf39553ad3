package floor

import (
	"errors"

	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/graph"
	"github.com/deskline/deskline/emulator/suite"
)

// WritesTo is Writes to another number of the business, which the channel knows and the centre perhaps does not.
func (c *Customer) WritesTo(number, text string) string {
	c.f.T.Helper()
	n, err := c.f.Suite.Graph.Number(number)
	if errors.Is(err, graph.ErrUnknownNumber) {
		n, err = c.f.Suite.Graph.AddNumber(graph.NumberOptions{
			ID: number, Display: "34600000002", WABA: "200000000000001", Token: "local-" + suite.Project})
	}
	require.NoError(c.f.T, err)
	r, err := n.Receive(c.Who, graph.Inbound{Text: text})
	require.NoError(c.f.T, err)
	require.Equal(c.f.T, 200, r.Status, "the webhook answers: %s", r.Body)
	return r.ID
}
