package centre_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/deskline/deskline/emulator/centre"
	"github.com/deskline/deskline/emulator/graph"
)

// The suite, the demo and the journeys rely on these; that the file can be imported is a test of the function admin.
func TestTheExampleHasItsPeopleAndItsAssets(t *testing.T) {
	var file struct {
		Clients []struct{ ID string }
		Assets  []struct {
			Channel, Account, Queue, Token string
		}
		Queues []struct {
			Templates []struct {
				ChannelName                    string `yaml:"channelName"`
				Language, Header, Body, Footer string
			}
		}
		Agents []struct {
			ID, Email string
			Roles     []string
		}
	}
	require.NoError(t, yaml.Unmarshal(centre.Example, &file))
	assert.Len(t, file.Clients, 2)
	require.Len(t, file.Assets, 2)
	assert.Equal(t, "whatsapp", file.Assets[0].Channel)
	assert.Equal(t, "100000000000001", file.Assets[0].Account)
	assert.Equal(t, "sales", file.Assets[0].Queue)
	assert.Equal(t, "whatsapp-acme", file.Assets[0].Token)
	assert.Equal(t, "messenger", file.Assets[1].Channel)
	assert.Equal(t, "300000000000001", file.Assets[1].Account)
	assert.Equal(t, "sales", file.Assets[1].Queue)
	assert.Equal(t, "messenger-acme", file.Assets[1].Token)
	var templates []graph.Template
	for _, q := range file.Queues {
		for _, x := range q.Templates {
			templates = append(templates, graph.Template{Name: x.ChannelName, Language: x.Language, Header: x.Header, Body: x.Body, Footer: x.Footer})
		}
	}
	assert.Equal(t, centre.Templates(), templates)
	people := map[string][]string{}
	for _, a := range file.Agents {
		assert.Equal(t, a.ID+"@acme.example", a.Email)
		people[a.ID] = a.Roles
	}
	assert.Equal(t, map[string][]string{
		"ana": {"agent"}, "bob": {"agent"}, "carla": {"agent"}, "sam": {"supervisor"}, "ada": {"admin"}}, people)
}
