package meter

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestWhatThingsCost(t *testing.T) {
	p, err := ReadPrices()
	require.NoError(t, err)
	for name, c := range map[string]struct {
		counts Counts
		cents  float64
	}{
		"nothing":                         {Counts{}, 0},
		"reads":                           {Counts{Reads: 100_000}, 6},
		"writes":                          {Counts{Writes: 100_000}, 18},
		"deletes":                         {Counts{Deletes: 100_000}, 2},
		"a TiB of messages":               {Counts{Bytes: 1 << 40}, 4000},
		"calls to Cloud Tasks":            {Counts{TaskOperations: 1_000_000}, 40},
		"requests":                        {Counts{Calls: 1_000_000}, 40},
		"what costs nothing by itself":    {Counts{Messages: 5, Deliveries: 5, Tasks: 5}, 0},
		"a conversation, each thing once": {Counts{Calls: 37, Reads: 84, Writes: 35, Bytes: 34_400, TaskOperations: 2}, 0.0130251},
	} {
		assert.InDelta(t, c.cents, p.Cents(c.counts), 1e-6, name)
	}
}

func TestEveryPriceSaysWhereItIsFrom(t *testing.T) {
	good := string(pricesFile)
	for want, change := range map[string][2]string{
		`prices.yaml: the currency is "EUR", not USD`:                                                  {"currency: USD", "currency: EUR"},
		"prices.yaml: documentRead: 0 for 100000 units is no price":                                    {"amount: 0.06", "amount: 0"},
		"prices.yaml: messageVolume: 40 for -1 units is no price":                                      {"per: 1099511627776", "per: -1"},
		"prices.yaml: messageVolume: it does not say of what, or where":                                {"region: all; traffic between regions costs extra", "region:"},
		`prices.yaml: taskOperation: its source "a friend" is no address`:                              {"source: https://cloud.google.com/tasks/pricing", "source: a friend"},
		`prices.yaml: documentRead: its date "yesterday" is no day`:                                    {"read: 2026-11-21", "read: yesterday"},
		"prices.yaml: documentWrite: it is not confirmed and does not say where it comes from":         {"note: As for documentRead.\n", "\n"},
		"prices.yaml: yaml: unmarshal errors:\n  line 10: field price not found in type meter.Price":   {"  amount: 0.06", "  price: 0.06"},
		"prices.yaml: yaml: unmarshal errors:\n  line 9: field storage not found in type meter.Prices": {"documentRead:", "storage:"},
		"prices.yaml: functionCall: 0 for 0 units is no price":                                         {good[strings.Index(good, "functionCall:"):], ""},
	} {
		require.Contains(t, good, change[0])
		_, err := parsePrices([]byte(strings.Replace(good, change[0], change[1], 1)))
		assert.EqualError(t, err, want)
	}
	_, err := parsePrices(nil)
	assert.EqualError(t, err, "prices.yaml: EOF")
}
