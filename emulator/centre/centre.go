// Package centre is the example centre of the local suite: two small companies, the people who answer for them and one
// WhatsApp number. The file is also the reference of the import format: it uses every key and says what it means.
package centre

import (
	_ "embed"

	"github.com/deskline/deskline/emulator/graph"
)

// Example is the import file, YAML. Importing it again changes nothing.
//
//go:embed example.yaml
var Example []byte

// Templates are what the example's number agreed upon with WhatsApp: the templates of Example.
func Templates() []graph.Template {
	return []graph.Template{
		{Name: "order_ready", Language: "es", Header: "Acme Bicycles",
			Body:   "Hola {{1}}, tu pedido {{2}} ya está en la tienda. Puedes recogerlo cuando quieras.",
			Footer: "Responde a este mensaje si tienes alguna pregunta."},
		{Name: "may_we_help", Language: "es", Body: "¿Podemos ayudarte con algo más?"},
	}
}
