package tests

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/suite"
	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/store"
	"github.com/deskline/deskline/tests/floor"
)

// R29: a queue is set up record by record, without a file, and everything it carries applies to who waits in it.
func TestACentreIsSetUpRecordByRecord(t *testing.T) {
	t.Parallel()
	c := floor.OpenEmpty(t, suite.Options{})
	ada := c.Office("ada")
	ada.Creates("clients/sol", `{"name":"Sol"}`)
	ada.Creates("projects/night", `{"name":"Night service","client":"sol"}`)
	ada.Creates("teams/owls", `{"name":"Owls"}`)
	ada.Creates("agents/olga", `{"name":"Olga","email":"olga@acme.example","roles":["agent"],"teams":["owls"],"capacity":1}`)
	ada.Creates("queues/lost-keys", `{"name":"Lost keys","project":"night","team":"owls","offerTimeout":"45s","historyHours":12,"attachments":true}`)
	ada.Creates("queues/lost-keys/reasons/found", `{"name":"Found"}`)
	ada.Creates("assets/whatsapp:"+suite.PhoneNumber,
		`{"name":"Keys","display":"+34 600 000 002","queue":"lost-keys","token":"whatsapp-acme"}`)
	olga := c.Agent("olga").SignsIn()
	c.Customer("lea").Writes("he perdido las llaves")

	o := olga.IsOffered()
	assert.Equal(t, api.Ref{ID: "lost-keys", Name: "Lost keys"}, o.Queue)
	assert.Equal(t, "+34 600 000 002", o.Source)
	ringsFor(t, 45*time.Second, o)
	i := olga.Accepts()
	assert.Equal(t, api.Ref{ID: "night", Name: "Night service"}, i.Project)
	assert.Equal(t, api.Ref{ID: "sol", Name: "Sol"}, i.Client)
	olga.Writes(i.ID, "¿dónde?")
	c.Customer("lea").Hears("¿dónde?")
	olga.Ends(i.ID)
	form, err := olga.Desktop.WrapUpForm(c.Context(), i.ID, "")
	require.NoError(t, err)
	assert.Equal(t, []string{"Found", "Transfer"}, []string{form.Reasons[0].Name, form.Reasons[1].Name})
}

// R29: what is changed about a queue applies to the next who waits in it, and nobody stops working meanwhile.
func TestAQueueIsGivenToAnotherTeam(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	bob, carla := c.Agent("bob").SignsIn(), c.Agent("carla").SignsIn()
	ada := c.Office("ada")
	ada.Changes("queues/sales", `{"name":"Sales abroad","project":"shop","team":"travel"}`)
	stay(c, store.ConfigAge, bob, carla)
	c.Customer("lea").Writes("hola")
	assert.Equal(t, "Sales abroad", carla.IsOffered().Queue.Name)
	bob.IsNotOffered()
	assert.Equal(t, carla.ID, carla.Accepts().Owner.ID)
}

// Two administrators have seen the same: one changes it, the other learns that it is no longer so. Repeating what was
// done after a lost answer is no conflict.
func TestTwoAdministratorsAtOnce(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ada := c.Office("ada")
	var seen api.TeamRecord
	tag := ada.Finds("teams/support", &seen)
	const many = 6
	answers := make([]floor.Answer, many)
	var at sync.WaitGroup
	for n := range answers {
		at.Go(func() {
			answers[n] = ada.Asks(http.MethodPut, "teams/support", fmt.Sprintf(`{"name":"Support %d"}`, n), "If-Match: "+tag)
		})
	}
	at.Wait()
	won := -1
	for n, a := range answers {
		if a.Status == http.StatusOK {
			assert.Negative(t, won, "one of them wins")
			won = n
			continue
		}
		assert.Equal(t, "version_mismatch", a.Problem().Code)
	}
	require.GreaterOrEqual(t, won, 0)
	now := ada.Finds("teams/support", &seen)
	assert.Equal(t, fmt.Sprintf("Support %d", won), seen.Name)
	for n, a := range answers {
		if n != won {
			assert.Equal(t, now, a.Header.Get("ETag"), "what to read again")
		}
	}
	again := ada.Asks(http.MethodPut, "teams/support", fmt.Sprintf(`{"name":"Support %d"}`, won), "If-Match: "+tag)
	assert.Equal(t, http.StatusOK, again.Status)
	assert.Equal(t, now, again.Header.Get("ETag"))
}

// Export = import: back into the same centre it changes nothing, and an empty one becomes the same.
func TestTheExportIsTheCentre(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	c.Office("ada").Creates("queues/sales/reasons/late", `{"name":"Too late"}`)
	c.Office("ada").Creates("queues/vip", `{"name":"VIP","project":"shop","team":"support","variables":[{"id":"tier","name":"Tier","access":"visible"}]}`)
	file := c.Office("ada").Asks(http.MethodGet, "export", "")
	require.Equal(t, http.StatusOK, file.Status)
	assert.NotContains(t, file.Body, "local-whatsapp-token", "secrets are in it by name only")
	assert.Contains(t, file.Body, "token: whatsapp-acme")
	report, err := c.Agent("ada").Desktop.Import(c.Context(), []byte(file.Body), false)
	require.NoError(t, err)
	assert.Empty(t, report.Created)
	assert.Empty(t, report.Changed)

	other := floor.OpenEmpty(t, suite.Options{})
	_, err = other.Agent("ada").Desktop.Import(other.Context(), []byte(file.Body), false)
	require.NoError(t, err)
	assert.Equal(t, file.Body, other.Office("ada").Asks(http.MethodGet, "export", "").Body)
	bob := other.Agent("bob").SignsIn()
	other.Customer("lea").Writes("hola")
	assert.Equal(t, "sales", bob.IsOffered().Queue.ID)
}

// users are those whom a refusal names.
func users(a floor.Answer) (list []string) {
	for _, u := range a.Problem().Users {
		list = append(list, strings.TrimSpace(u.Kind+" "+u.ID))
	}
	return list
}

// B16: an agent who has a conversation, owes a wrap-up and is being asked is deleted only when somebody takes over. The
// customer notices nothing.
func TestAnAgentIsDeletedAndHisWorkGoesOn(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ana := c.Agent("ana").SignsIn()
	c.Customer("lea").Writes("hola")
	lea := ana.Accepts()
	c.Customer("max").Writes("buenas")
	max := ana.Accepts()
	ana.Ends(max.ID)
	c.Customer("eva").Writes("¿hay alguien?")
	eva := ana.IsOffered().Interaction
	ada := c.Office("ada")
	got := ada.Deletes("agents/ana", "")
	assert.Equal(t, "in_use", got.Problem().Code)
	assert.ElementsMatch(t, []string{"interaction " + lea.ID, "interaction " + max.ID, "interaction " + eva}, users(got))
	assert.Equal(t, 3, got.Problem().Count)
	assert.Equal(t, "successor_offline", ada.Deletes("agents/ana", "bob").Problem().Code)

	bob := c.Agent("bob").SignsIn()
	bob.Becomes(api.ChosenStateIdle)
	got = ada.Deletes("agents/ana", "bob")
	require.Equal(t, http.StatusOK, got.Status, got.Body)
	assert.Equal(t, http.StatusNotFound, ada.Deletes("agents/ana", "bob").Status, "a repeat learns that it is done")
	assert.Equal(t, "bob", bob.Sees(lea.ID).Owner.ID)
	assert.Equal(t, desk.InteractionClosed, read[desk.Interaction](c, max.ID).State)
	bob.Writes(lea.ID, "hola Lea, sigo yo")
	c.Customer("lea").Hears("hola Lea, sigo yo")
	bob.Becomes(api.ChosenStateAvailable)
	assert.Equal(t, eva, bob.IsOffered().Interaction, "who rang at Ana's is next")

	c.Advance(store.ConfigAge)
	_, err := ana.Desktop.Me(c.Context())
	c.IsRefused(err, 403, "unknown_agent")
	ada.Creates("agents/anna", `{"name":"Anna","email":"ana@acme.example","roles":["agent"],"teams":["support"]}`)
	me, err := ana.Desktop.Me(c.Context())
	require.NoError(t, err)
	assert.Equal(t, "anna", me.ID, "the address is free again")
}

// B16: a queue in which somebody waits is deleted in favour of another, which gets him and what leads there.
func TestAQueueIsDeletedInFavourOfAnother(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	c.Customer("lea").Writes("hola")
	c.Settle()
	waiting := all[desk.Interaction](c)[0].ID
	ada := c.Office("ada")
	got := ada.Deletes("queues/sales", "")
	assert.Equal(t, "in_use", got.Problem().Code)
	assert.Contains(t, users(got), "asset whatsapp:"+suite.PhoneNumber)
	assert.Contains(t, users(got), "interaction "+waiting)

	got = ada.Deletes("queues/sales", "bookings")
	require.Equal(t, http.StatusOK, got.Status, got.Body)
	var done api.Deletion
	require.NoError(t, json.Unmarshal([]byte(got.Body), &done))
	assert.Equal(t, "queue sales", done.Kind+" "+done.ID)
	c.Settle()
	carla := c.Agent("carla").SignsIn()
	o := carla.IsOffered()
	assert.Equal(t, []string{waiting, "bookings"}, []string{o.Interaction, o.Queue.ID})
	carla.Accepts()
	stay(c, store.ConfigAge, carla)
	c.Customer("max").Writes("buenas")
	assert.Equal(t, "bookings", carla.IsOffered().Queue.ID, "the number leads there now")
}

// B16: what others use stays until they use something else.
func TestAChainIsTakenApartFromItsEnd(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ada := c.Office("ada")
	for path, first := range map[string]string{
		"clients/luna": "project trips", "projects/trips": "queue bookings", "teams/travel": "queue bookings",
		"queues/sales": "asset messenger:" + suite.PageID,
	} {
		got := ada.Deletes(path, "")
		assert.Equal(t, "in_use", got.Problem().Code, path)
		require.NotEmpty(t, users(got), path)
		assert.Equal(t, first, users(got)[0])
	}
	assert.Equal(t, "reason_required", ada.Deletes("queues/bookings/reasons/transfer", "").Problem().Code)
	for _, step := range [][2]string{{"queues/bookings", ""}, {"projects/trips", ""}, {"clients/luna", ""}, {"teams/travel", "support"}} {
		got := ada.Deletes(step[0], step[1])
		assert.Equal(t, http.StatusOK, got.Status, "%s: %s", step[0], got.Body)
	}
	var carla api.AgentRecord
	ada.Finds("agents/carla", &carla)
	assert.Equal(t, api.List[string]{"support"}, carla.Teams)
}

// While an access token is changed the channel takes the old one or the new one, and nothing is lost or sent twice.
func TestAnAccessTokenIsChanged(t *testing.T) {
	t.Parallel()
	for _, tokens := range []string{"local-whatsapp-token,withdrawn", "not-yet, local-whatsapp-token"} {
		c := floor.OpenWith(t, suite.Options{Env: map[string]string{"SECRET_WHATSAPP_ACME": tokens}})
		ana := c.Agent("ana").SignsIn()
		c.Customer("lea").Writes("hola")
		i := ana.Accepts()
		ana.Writes(i.ID, "buenos días")
		c.Customer("lea").Hears("buenos días")
		c.Settle()
		assert.Equal(t, []string{"buenos días"}, c.Customer("lea").Received(), tokens)
	}
	c := floor.OpenWith(t, suite.Options{Env: map[string]string{"SECRET_WHATSAPP_ACME": "withdrawn"}})
	ana := c.Agent("ana").SignsIn()
	c.Customer("lea").Writes("hola")
	i := ana.Accepts()
	m := ana.Writes(i.ID, "buenos días")
	c.Settle()
	assert.Equal(t, "channel_token", read[desk.Message](c, m.ID).Problem.Code)

	var asset api.AssetRecord
	c.Office("ada").Finds("assets/whatsapp:"+suite.PhoneNumber, &asset)
	assert.Equal(t, "whatsapp-acme", asset.Token)
	assert.True(t, asset.TokenSet)
	assert.NotContains(t, c.Office("ada").Asks(http.MethodGet, "assets", "").Body, "withdrawn", "never the value")
	c.Office("ada").Changes("assets/whatsapp:"+suite.PhoneNumber, `{"name":"Acme","display":"+34","queue":"sales","token":"forgotten"}`)
	c.Office("ada").Finds("assets/whatsapp:"+suite.PhoneNumber, &asset)
	assert.False(t, asset.TokenSet)
}

// R33: whoever asks for a record that is not there, or changes one without saying which version, hears which it is.
func TestRecordsThatAreNotThere(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ada := c.Office("ada")
	for path, code := range map[string]string{
		"clients/nobody": "client_missing", "projects/nothing": "project_missing", "teams/nobody": "team_missing", "queues/nowhere": "queue_missing",
		"queues/sales/reasons/none": "reason_missing", "queues/sales/templates/none": "template_missing", "assets/whatsapp:0": "asset_missing", "agents/nobody": "agent_missing",
	} {
		got := ada.Asks(http.MethodGet, path, "")
		assert.Equal(t, []any{404, code}, []any{got.Status, got.Problem().Code}, path)
		got = ada.Asks(http.MethodDelete, path, "")
		assert.Equal(t, []any{428, "precondition_required"}, []any{got.Status, got.Problem().Code}, path)
	}
}
