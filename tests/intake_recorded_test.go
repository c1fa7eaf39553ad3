package tests

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/suite"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/store"
	"github.com/deskline/deskline/tests/fixtures"
	"github.com/deskline/deskline/tests/floor"
)

// R35: webhooks as others recorded them, at the running product. Each is answered 200, and what it holds is recorded or
// left out for a reason that has a name.
func TestRecordedWebhooksAreTaken(t *testing.T) {
	t.Parallel()
	files := fixtures.Files(t, "whatsapp")
	var log floor.Log
	c := floor.OpenWith(t, suite.Options{Log: log.Logger()})
	var table strings.Builder
	rows := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	fmt.Fprintln(rows, "\nfile\tevents\toutcome")
	posted, recorded := 0, 0
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if !strings.Contains(name, "-webhook-") {
			continue
		}
		configure(c, files[name])
		before := len(all[desk.Message](c))
		handled := len(log.Lines("conversation"))
		line := log.Next(c, "intake", func() {
			got := c.Posts(files[name], floor.Signed(files[name], suite.AppSecret))
			assert.Equal(t, 200, got.Status, "%s: %s", name, got.Body)
		})
		c.Settle()
		events, _ := line["events"].(float64)
		c.Soon(name+" is handled", func() error {
			if n := len(log.Lines("conversation")) - handled; n != int(events) {
				return fmt.Errorf("%d of %v events", n, events)
			}
			return nil
		})
		outcome := reasons(line)
		for _, l := range log.Lines("conversation")[handled:] {
			assert.NotEqual(t, "ERROR", l["severity"], "%s: %v", name, l["err"])
			outcome = append(outcome, reasons(l)...)
		}
		added := len(all[desk.Message](c)) - before
		if added > 0 {
			outcome = append(outcome, fmt.Sprintf("recorded %d", added))
		}
		assert.NotEmpty(t, outcome, "%s vanished without a word", name)
		fmt.Fprintf(rows, "%s\t%v\t%s\n", name, events, strings.Join(outcome, ", "))
		posted, recorded = posted+1, recorded+added
	}
	require.NoError(t, rows.Flush())
	t.Log(table.String())
	assert.Positive(t, posted)
	assert.Positive(t, recorded)
	assert.Empty(t, all[desk.Parked](c), "every number was configured")
	for _, m := range all[desk.Message](c) {
		assert.NotEmpty(t, m.Text+m.Fallback, "an agent sees something of every message")
	}
}

// reasons are the named reasons of a log line why something was not recorded.
func reasons(line floor.Line) []string {
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

// configure makes assets of the numbers a webhook is for.
func configure(c *floor.Floor, body []byte) {
	c.T.Helper()
	for _, account := range numbers(c.T, body) {
		_, err := c.Store.Move(c.Context(), func(ctx context.Context, r *store.Reader) (desk.Change, error) {
			a := desk.Asset{Head: desk.Head{ID: desk.AssetID(desk.WhatsApp, account)}}
			if err := r.Find(ctx, &a); err != nil || a.Version > 0 {
				return desk.Change{}, err
			}
			a.Channel, a.Account, a.Name, a.Display, a.Queue, a.Token = desk.WhatsApp, account, account, account, "sales", "whatsapp-acme"
			return desk.Change{Save: []desk.Record{&a}}, nil
		})
		require.NoError(c.T, err)
	}
}

// numbers are the phone number IDs anywhere in a body.
func numbers(t *testing.T, body []byte) []string {
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
