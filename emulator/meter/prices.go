package meter

import (
	"bytes"
	_ "embed" // for the file
	"fmt"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

//go:embed prices.yaml
var pricesFile []byte

// Price is what so many units of something cost.
type Price struct {
	Amount    float64 `yaml:"amount"` // in the currency of the file
	Per       float64 `yaml:"per"`    // for so many units
	Unit      string  `yaml:"unit"`
	Region    string  `yaml:"region"`
	Source    string  `yaml:"source"`
	Read      string  `yaml:"read"`      // the day on which the source was read
	Confirmed bool    `yaml:"confirmed"` // whether the source itself said so then
	Note      string  `yaml:"note"`      // where the figure comes from when it is not confirmed
}

// Prices is prices.yaml. Free tiers are left out.
type Prices struct {
	Currency       string `yaml:"currency"` // US dollars; nothing else is implemented
	DocumentRead   Price  `yaml:"documentRead"`
	DocumentWrite  Price  `yaml:"documentWrite"`
	DocumentDelete Price  `yaml:"documentDelete"`
	MessageVolume  Price  `yaml:"messageVolume"`
	TaskOperation  Price  `yaml:"taskOperation"`
	FunctionCall   Price  `yaml:"functionCall"`
}

// ReadPrices reads prices.yaml. An unknown key, or a price without amount, source or date, is an error.
func ReadPrices() (Prices, error) { return parsePrices(pricesFile) }

func parsePrices(file []byte) (Prices, error) {
	var p Prices
	d := yaml.NewDecoder(bytes.NewReader(file))
	d.KnownFields(true)
	if err := d.Decode(&p); err != nil {
		return p, fmt.Errorf("prices.yaml: %w", err)
	}
	if p.Currency != "USD" {
		return p, fmt.Errorf("prices.yaml: the currency is %q, not USD", p.Currency)
	}
	for _, x := range []struct {
		name string
		Price
	}{
		{"documentRead", p.DocumentRead}, {"documentWrite", p.DocumentWrite}, {"documentDelete", p.DocumentDelete},
		{"messageVolume", p.MessageVolume}, {"taskOperation", p.TaskOperation}, {"functionCall", p.FunctionCall},
	} {
		if err := x.check(); err != nil {
			return p, fmt.Errorf("prices.yaml: %s: %w", x.name, err)
		}
	}
	return p, nil
}

func (p Price) check() error {
	switch _, err := time.Parse(time.DateOnly, p.Read); {
	case p.Amount <= 0 || p.Per <= 0:
		return fmt.Errorf("%g for %g units is no price", p.Amount, p.Per)
	case p.Unit == "" || p.Region == "":
		return fmt.Errorf("it does not say of what, or where")
	case !strings.HasPrefix(p.Source, "https://"):
		return fmt.Errorf("its source %q is no address", p.Source)
	case err != nil:
		return fmt.Errorf("its date %q is no day", p.Read)
	case !p.Confirmed && p.Note == "":
		return fmt.Errorf("it is not confirmed and does not say where it comes from")
	}
	return nil
}

// Cents is what the counts cost, in US cents.
func (p Prices) Cents(c Counts) float64 {
	of := func(n int64, price Price) float64 { return float64(n) * price.Amount / price.Per }
	return 100 * (of(c.Reads, p.DocumentRead) + of(c.Writes, p.DocumentWrite) + of(c.Deletes, p.DocumentDelete) +
		of(c.Bytes, p.MessageVolume) + of(c.TaskOperations, p.TaskOperation) + of(c.Calls, p.FunctionCall))
}
