package tests

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/suite"
	"github.com/deskline/deskline/shared/channel/messenger"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/store"
	"github.com/deskline/deskline/tests/fixtures"
	"github.com/deskline/deskline/tests/floor"
)

// R35: webhooks as others recorded them, each at a running product of its own, for many of them share one message ID.
// Each is answered 200, and what it holds is recorded or left out for a reason that has a name.
func TestRecordedWebhooksAreTaken(t *testing.T) {
	files := fixtures.Files(t, "messenger")
	for name, body := range fixtures.Files(t, "whatsapp") {
		if strings.Contains(name, "-webhook-") {
			files[name] = body
		}
	}
	var mu sync.Mutex
	outcomes := map[string]string{}
	t.Run("each", func(t *testing.T) {
		for name, body := range files {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				outcome := strings.Join(taken(t, body), ", ")
				assert.NotEmpty(t, outcome, "it vanished without a word")
				mu.Lock()
				defer mu.Unlock()
				outcomes[name] = outcome
			})
		}
	})
	var table strings.Builder
	rows := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	for _, name := range slices.Sorted(maps.Keys(outcomes)) {
		fmt.Fprintf(rows, "\n%s\t%s", name, outcomes[name])
	}
	require.NoError(t, rows.Flush())
	t.Log(table.String())
	assert.NotEmpty(t, outcomes)
}

// taken posts a webhook and says what became of everything in it.
func taken(t *testing.T, body []byte) (outcome []string) {
	t.Helper()
	var log floor.Log
	c := floor.OpenWith(t, suite.Options{Log: log.Logger()})
	configure(c, body)
	line := log.Next(c, "intake", func() {
		got := c.Posts(body, floor.Signed(body, suite.AppSecret))
		assert.Equal(t, 200, got.Status, got.Body)
	})
	c.Settle()
	events, _ := line["events"].(float64)
	c.Soon("all is handled", func() error {
		if n := len(log.Lines("conversation")); n != int(events) {
			return fmt.Errorf("%d of %v events", n, events)
		}
		return nil
	})
	outcome = leftOut(line)
	for _, l := range log.Lines("conversation") {
		assert.NotEqual(t, "ERROR", l["severity"], l["err"])
		outcome = append(outcome, leftOut(l)...)
	}
	for _, m := range all[desk.Message](c) {
		assert.NotEmpty(t, m.Text+m.Fallback, "an agent sees something of every message")
		outcome = append(outcome, "recorded as "+string(m.Kind))
	}
	for _, who := range all[desk.Contact](c) {
		if !who.EntranceAt.IsZero() {
			outcome = append(outcome, "the contact's entrance")
		}
	}
	for range all[desk.Receipt](c) {
		outcome = append(outcome, "waits for its message")
	}
	assert.Empty(t, all[desk.Parked](c), "every number was configured")
	return outcome
}

// leftOut tells, of a log line, the named reasons why something was not recorded.
func leftOut(line floor.Line) []string {
	var list []string
	for reason, n := range line.Ignored() {
		list = append(list, fmt.Sprintf("ignored %d: %s", n, reason))
	}
	if text, ok := line["err"].(string); ok {
		_, code, _ := strings.Cut(text, " ")
		code, _, _ = strings.Cut(code, ":")
		list = append(list, "left: "+code)
	}
	return list
}

// configure makes assets of the numbers and pages a webhook is for.
func configure(c *floor.Floor, body []byte) {
	c.T.Helper()
	events, _, err := messenger.Parse(body, time.Now())
	require.NoError(c.T, err)
	accounts := map[string]desk.Channel{}
	for _, account := range numbers(c.T, body) {
		accounts[account] = desk.WhatsApp
	}
	for _, e := range events {
		if e.Arrival != nil {
			accounts[e.Arrival.Account] = desk.Messenger
		}
	}
	for account, channel := range accounts {
		_, err := c.Store.Move(c.Context(), func(ctx context.Context, r *store.Reader) (desk.Change, error) {
			a := desk.Asset{Head: desk.Head{ID: desk.AssetID(channel, account)}}
			if err := r.Find(ctx, &a); err != nil || a.Version > 0 {
				return desk.Change{}, err
			}
			a.Channel, a.Account, a.Name, a.Display, a.Queue, a.Token = channel, account, account, account, "sales", "whatsapp-acme"
			return desk.Change{Save: []desk.Record{&a}}, nil
		})
		require.NoError(c.T, err)
	}
}

// numbers are the phone number IDs anywhere in a body.
func numbers(t testing.TB, body []byte) []string {
	t.Helper()
	var v any
	require.NoError(t, json.Unmarshal(body, &v))
	var found []string
	var visit func(any)
	visit = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			if id, ok := v["phone_number_id"].(string); ok {
				found = append(found, id)
			}
			for _, inner := range v {
				visit(inner)
			}
		case []any:
			for _, inner := range v {
				visit(inner)
			}
		}
	}
	visit(v)
	return found
}
