package whatsapp

import "github.com/deskline/deskline/shared/channel"

// sendingTemplate names a template and fills its places. Source: facebook/openapi business-messaging-api_v23.0.yaml, request
// examples, and Meta's page on template messages, read 2026-11. Header and footer of ours have no places, so that they stand in
// no component; neither does a body without any.
type sendingTemplate struct {
	Name       string      `json:"name"`
	Language   language    `json:"language"`
	Components []component `json:"components,omitempty"`
}

type language struct {
	Code string `json:"code"`
}

type component struct {
	Type       string      `json:"type"`
	Parameters []parameter `json:"parameters"`
}

type parameter struct {
	Type string `json:"type"`
	Text string `json:"text"`
}

// written is what a message to send consists of: its type, and the part that bears the name of it.
func written(out channel.Outgoing) (kind string, _ *sendingText, _ *sendingTemplate) {
	if out.Template.Name == "" {
		return "text", &sendingText{Body: out.Text}, nil
	}
	t := &sendingTemplate{Name: out.Template.Name, Language: language{Code: out.Template.Language}}
	if len(out.Template.Values) > 0 {
		body := component{Type: "body"}
		for _, v := range out.Template.Values {
			body.Parameters = append(body.Parameters, parameter{Type: "text", Text: v})
		}
		t.Components = []component{body}
	}
	return "template", nil, t
}
