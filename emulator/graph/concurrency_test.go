package graph_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/graph"
)

// Twenty writers each way against a webhook that refuses every third call: nothing
// is lost, nothing is taken twice, and each writer's messages keep their order.
func TestManyAtOnce(t *testing.T) {
	const writers, each = 20, 10
	f := newFixture(t)
	f.inbox.answers(func(nth int) int {
		if nth%3 == 0 {
			return http.StatusInternalServerError
		}
		return http.StatusOK
	})
	var mu sync.Mutex
	var written []string
	var wg sync.WaitGroup
	for writer := range writers {
		wg.Go(func() {
			for i := range each {
				receipt, err := f.number.Receive(graph.Customer{Phone: fmt.Sprintf("346%08d", writer)}, graph.Inbound{Text: "hola"})
				assert.NoError(t, err)
				mu.Lock()
				written = append(written, receipt.ID)
				mu.Unlock()
				response, _ := f.send(fmt.Sprintf(`{"messaging_product":"whatsapp","to":"346%08d","text":{"body":"%d"}}`, writer, i))
				assert.Equal(t, http.StatusOK, response.StatusCode)
			}
		})
	}
	wg.Wait()
	f.settle()

	order := map[string][]string{}
	ids := map[string]bool{}
	for _, m := range f.server.Sent(phoneID) {
		order[m.To] = append(order[m.To], m.Text)
		ids[m.ID] = true
		assert.Equal(t, "read", m.Status)
		names := f.inbox.names(m.ID)
		slices.Sort(names)
		assert.Equal(t, []string{"delivered", "read", "sent"}, slices.Compact(names))
	}
	assert.Len(t, ids, writers*each)
	assert.Len(t, order, writers)
	for to, texts := range order {
		assert.Equal(t, []string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}, texts, to)
	}
	arrived := map[string]bool{}
	for _, p := range f.inbox.all() {
		for _, m := range p.event.Entry[0].Changes[0].Value.Messages {
			arrived[m["id"].(string)] = true
		}
	}
	require.Len(t, written, writers*each)
	for _, id := range written {
		assert.True(t, arrived[id], id)
	}
	assert.Equal(t, graph.Requests{Calls: 200, Accepted: 200}, f.server.Requests())
	made := f.server.Callbacks()
	assert.Equal(t, 800, made.Posts-made.Failed, "each event taken once")
	assert.Len(t, f.inbox.all(), made.Posts)
}

// Faults are handed out one by one however many calls meet them.
func TestFaultsUnderLoad(t *testing.T) {
	f := newFixture(t, manual)
	f.fault(graph.Fault{Kind: graph.FaultError, Code: 131056, Times: 30})
	statuses := make([]int, 100)
	var wg sync.WaitGroup
	for i := range statuses {
		wg.Go(func() {
			response, _ := f.send(hello)
			statuses[i] = response.StatusCode
		})
	}
	wg.Wait()
	slices.Sort(statuses)
	assert.Equal(t, []int{200, 400}, slices.Compact(slices.Clone(statuses)))
	assert.Equal(t, 70, slices.Index(statuses, 400))
	assert.Len(t, f.server.Sent(phoneID), 70)
	assert.Equal(t, graph.Requests{Calls: 100, Accepted: 70, Refused: 30}, f.server.Requests())
	assert.Empty(t, f.server.Faults())
}

// Everything that can be changed while calls are under way is.
func TestSettingsChangeUnderLoad(t *testing.T) {
	f := newFixture(t)
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			_, err := f.server.AddNumber(graph.NumberOptions{ID: fmt.Sprint(i), Token: "token-" + strings.Repeat("x", i)})
			assert.NoError(t, err)
			assert.NoError(t, f.number.SetStatuses(graph.StatusesSent))
			f.server.SetAppSecret("rotated")
			f.server.SetWebhook(f.inbox.URL)
			id := f.text("hola")
			_, err = f.number.Deliver(id)
			assert.NoError(t, err)
			receipt, err := f.number.Receive(customer, graph.Inbound{Text: "hola"})
			assert.NoError(t, err)
			_, err = f.number.Repost(receipt.ID)
			assert.NoError(t, err)
			assert.NotEmpty(t, f.server.Numbers())
			assert.NotEmpty(t, f.number.Sent())
		})
	}
	wg.Wait()
	f.settle()
	assert.Len(t, f.server.Sent(phoneID), 20)
	assert.Len(t, f.server.Numbers(), 21)
}

// Twenty users each way against a webhook that refuses every third call: nothing is lost, nothing is taken twice, each
// user's answers keep their order, and all of them are read in the end.
func TestManyUsersAtOnce(t *testing.T) {
	const users, each = 20, 10
	f := stranger(t)
	f.inbox.answers(func(nth int) int {
		if nth%3 == 0 {
			return http.StatusInternalServerError
		}
		return http.StatusOK
	})
	var wg sync.WaitGroup
	for n := range users {
		wg.Go(func() {
			u, err := f.page.User(fmt.Sprintf("7%08d", n))
			assert.NoError(t, err)
			for i := range each {
				_, err := u.Write("hola")
				assert.NoError(t, err)
				response, _ := f.sendPage(fmt.Sprintf(`{"recipient":{"id":"7%08d"},"messaging_type":"RESPONSE","message":{"text":"%d"}}`, n, i))
				assert.Equal(t, http.StatusOK, response.StatusCode)
				_, err = u.Edit("m_x", "hola!")
				assert.NoError(t, err)
				response, _ = f.sendPage(fmt.Sprintf(`{"recipient":{"id":"7%08d"},"sender_action":"mark_seen"}`, n))
				assert.Equal(t, http.StatusOK, response.StatusCode)
			}
		})
	}
	wg.Wait()
	f.settle()
	echoed := map[string]bool{}
	for _, e := range f.events() {
		if kindOf(e) == "echo" {
			echoed[e["message"].(map[string]any)["mid"].(string)] = true
		}
	}
	assert.Len(t, echoed, users*each)
	for n := range users {
		u, err := f.page.User(fmt.Sprintf("7%08d", n))
		require.NoError(t, err)
		var texts []string
		for _, m := range u.Received() {
			texts = append(texts, m.Text)
			assert.Equal(t, "read", m.Status)
			assert.True(t, echoed[m.ID])
		}
		assert.Equal(t, []string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}, texts)
		assert.Len(t, u.Actions(), each)
	}
	assert.Equal(t, graph.Requests{Calls: 400, Accepted: 200, Marked: 200}, f.server.Requests())
	made := f.server.Callbacks()
	assert.Equal(t, 1000, made.Posts-made.Failed, "each event taken once")
}
