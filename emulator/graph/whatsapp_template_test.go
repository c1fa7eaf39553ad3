package graph_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/graph"
)

// agreed is a number that agreed upon two templates.
func agreed(t *testing.T) *fixture {
	f := newFixture(t, manual)
	n, err := f.server.Number(phoneID)
	require.NoError(t, err)
	n.SetTemplates([]graph.Template{
		{Name: "ready", Language: "es", Header: "Acme", Body: "Hola {{1}}, {{2}} y {{1}}", Footer: "Adiós"},
		{Name: "ready", Language: "pt_BR", Body: "Olá"},
	})
	return f
}

// byTemplate is a request that sends a template with values for its body.
func byTemplate(name, language string, values ...string) string {
	var list []string
	for _, v := range values {
		list = append(list, fmt.Sprintf(`{"type":"text","text":%q}`, v))
	}
	return fmt.Sprintf(toLea+`"type":"template","template":{"name":%q,"language":{"code":%q},"components":[{"type":"body","parameters":[%s]}]}}`,
		name, language, strings.Join(list, ","))
}

func TestATemplateReadsAsItWasAgreed(t *testing.T) {
	for _, c := range []struct{ name, body, reads string }{
		{"with values", byTemplate("ready", "es", "Lea", "{{1}}"), "Acme\n\nHola Lea, {{1}} y Lea\n\nAdiós"},
		{"in another language", byTemplate("ready", "pt_BR"), "Olá"},
		{"four spaces", byTemplate("ready", "es", "a    b", "c"), "Acme\n\nHola a    b, c y a    b\n\nAdiós"},
		{"without components", toLea + `"type":"template","template":{"name":"ready","language":{"code":"pt_BR"}}}`, "Olá"},
		{"with a button", toLea + `"type":"template","template":{"name":"ready","language":{"code":"pt_BR"},"components":[{"type":"button","parameters":[{"type":"text","text":"x"}]}]}}`, "Olá"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := agreed(t)
			response, out := f.send(c.body)
			require.Equal(t, http.StatusOK, response.StatusCode, "%v", out)
			sent := f.server.Sent(phoneID)
			require.Len(t, sent, 1)
			assert.Equal(t, "template "+c.reads, sent[0].Type+" "+sent[0].Text)
		})
	}
}

func TestATemplateThatWasNotAgreedUpon(t *testing.T) {
	for _, c := range []struct {
		name, body string
		status     int
		code       float64
		details    string
	}{
		{"unknown", byTemplate("nothing", "es"), 404, 132001, "template name (nothing) does not exist in es"},
		{"in no such language", byTemplate("ready", "es_ES", "a", "b"), 404, 132001, "template name (ready) does not exist in es_ES"},
		{"too few values", byTemplate("ready", "es", "a"), 400, 132000, "body: number of localizable_params (1) does not match the expected number of params (2)"},
		{"too many", byTemplate("ready", "pt_BR", "a"), 400, 132000, "body: number of localizable_params (1) does not match the expected number of params (0)"},
		{"an empty one", byTemplate("ready", "es", "a", ""), 400, 131008, "Parameter of type text is missing text value"},
		{"a line break", byTemplate("ready", "es", "a", "b\nc"), 400, 132018, "Param text cannot have new-line/tab characters or more than 4 consecutive spaces"},
		{"five spaces", byTemplate("ready", "es", "a", "b     c"), 400, 132018, "Param text cannot have new-line/tab characters or more than 4 consecutive spaces"},
		{"too long", byTemplate("ready", "es", "a", strings.Repeat("b", 1024)), 400, 132005, "body: the translated text is too long"},
		{"a name that is a number", toLea + `"type":"template","template":{"name":1,"language":{"code":"es"}}}`, 400, 100, "Parameter 'template' is malformed. Parameter 'name' must not be a JSON number."},
		{"components of another kind", toLea + `"type":"template","template":{"name":"ready","language":{"code":"es"},"components":[1]}}`, 400, 100, "Parameter 'template.components' must not be a JSON number."},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := agreed(t)
			response, out := f.send(c.body)
			assert.Equal(t, c.status, response.StatusCode)
			e := out["error"].(map[string]any)
			assert.Equal(t, c.code, e["code"])
			assert.Equal(t, c.details, e["error_data"].(map[string]any)["details"])
			assert.Empty(t, f.server.Sent(phoneID))
		})
	}
}

func TestTheTemplatesOfANumberCanBeChanged(t *testing.T) {
	f := newFixture(t, manual)
	n, err := f.server.Number(phoneID)
	require.NoError(t, err)
	assert.Nil(t, n.Templates(), "it takes any")
	n.SetTemplates([]graph.Template{})
	response, _ := f.send(byTemplate("ready", "es"))
	assert.Equal(t, 404, response.StatusCode)
	n.SetTemplates(nil)
	response, _ = f.send(byTemplate("ready", "es", "any", "values"))
	assert.Equal(t, 200, response.StatusCode)
	assert.Equal(t, "ready", f.server.Sent(phoneID)[0].Text)
	odd := []graph.Template{{Name: "odd", Language: "es", Body: "{{0}} {{1}}"}}
	n.SetTemplates(odd)
	odd[0].Name = "other"
	assert.Equal(t, "odd", n.Templates()[0].Name, "the list is the number's own")
	response, _ = f.send(byTemplate("odd", "es", "a"))
	assert.Equal(t, 200, response.StatusCode)
	assert.Equal(t, "{{0}} a", f.server.Sent(phoneID)[1].Text)
}

func TestTemplatesOverHTTP(t *testing.T) {
	f := newFixture(t, manual)
	response, out := f.do(http.MethodPut, simulated+"/templates", `{"templates":[{"name":"ready","language":"es","body":"Hola {{1}}"}]}`)
	require.Equal(t, http.StatusOK, response.StatusCode)
	assert.Equal(t, []any{map[string]any{"name": "ready", "language": "es", "body": "Hola {{1}}"}}, out["templates"])
	f.send(byTemplate("ready", "es", "Lea"))
	assert.Equal(t, "Hola Lea", f.server.Sent(phoneID)[0].Text)
	_, out = f.do(http.MethodPut, simulated+"/templates", `{"templates":null}`)
	assert.Nil(t, out["templates"])
	response, _ = f.do(http.MethodPut, simulated+"/templates", `{"template":[]}`)
	assert.Equal(t, http.StatusBadRequest, response.StatusCode)
}
