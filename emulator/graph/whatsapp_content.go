package graph

import (
	"encoding/json"
	"fmt"
	"slices"
	"unicode/utf8"
)

// Message types with rules of their own.
const (
	typeText     = "text"
	typeTemplate = "template"
	typeDocument = "document"
	typeSystem   = "system" // customers' only
)

// maxButtons is how many reply buttons a message may have. Source:
// developers.facebook.com/docs/whatsapp/cloud-api/messages/interactive-reply-buttons-messages,
// read 2026-11.
const maxButtons = 3

// contents checks the part of a request that bears the name of its type. A check
// returns what the customer reads, and the details of an error or "".
// Source: facebook/openapi business-messaging-api_v23.0.yaml, request examples.
var contents = map[string]func(json.RawMessage) (text, problem string){
	typeText:      checkText,
	"image":       media("image", true),
	"video":       media("video", true),
	"audio":       media("audio", false),
	"sticker":     media("sticker", false),
	typeDocument:  media(typeDocument, true),
	"location":    checkLocation,
	"contacts":    checkContacts,
	"reaction":    checkReaction,
	typeTemplate:  checkTemplate,
	"interactive": checkInteractive,
}

func checkText(raw json.RawMessage) (string, string) {
	var text struct {
		Body    *string `json:"body"`
		Preview *bool   `json:"preview_url"`
	}
	if err := json.Unmarshal(raw, &text); err != nil {
		return "", within(typeText, err)
	}
	switch {
	case deref(text.Body) == "":
		return "", "Parameter 'text.body' is mandatory for type 'text'."
	case utf8.RuneCountInString(*text.Body) > maxText:
		return "", "Parameter 'text.body' must be at most 4096 characters long."
	}
	return *text.Body, ""
}

// media makes the check of a media type: uploaded or linked, never both.
func media(kind string, mayHaveCaption bool) func(json.RawMessage) (string, string) {
	return func(raw json.RawMessage) (string, string) {
		var file struct {
			ID       *string `json:"id"`
			Link     *string `json:"link"`
			Caption  *string `json:"caption"`
			Filename *string `json:"filename"`
		}
		if err := json.Unmarshal(raw, &file); err != nil {
			return "", within(kind, err)
		}
		switch {
		case (deref(file.ID) == "") == (deref(file.Link) == ""):
			return "", fmt.Sprintf("Exactly one of the parameters '%s.id' and '%s.link' is mandatory.", kind, kind)
		case file.Caption != nil && !mayHaveCaption:
			return "", fmt.Sprintf("Parameter '%s.caption' is not allowed.", kind)
		case file.Filename != nil && kind != typeDocument:
			return "", fmt.Sprintf("Parameter '%s.filename' is not allowed.", kind)
		}
		return deref(file.Caption), ""
	}
}

func checkLocation(raw json.RawMessage) (string, string) {
	var place struct {
		Latitude  *float64 `json:"latitude"`
		Longitude *float64 `json:"longitude"`
		Name      string   `json:"name"`
	}
	if err := json.Unmarshal(raw, &place); err != nil {
		return "", within("location", err)
	}
	switch {
	case place.Latitude == nil || place.Longitude == nil:
		return "", "Parameters 'location.latitude' and 'location.longitude' are mandatory."
	case *place.Latitude < -90 || *place.Latitude > 90 || *place.Longitude < -180 || *place.Longitude > 180:
		return "", "Parameters 'location.latitude' and 'location.longitude' are out of range."
	}
	return place.Name, ""
}

func checkContacts(raw json.RawMessage) (string, string) {
	var cards []struct {
		Name struct {
			Formatted string `json:"formatted_name"`
		} `json:"name"`
	}
	if err := json.Unmarshal(raw, &cards); err != nil {
		return "", within("contacts", err)
	}
	if len(cards) == 0 {
		return "", "Parameter 'contacts' must not be empty."
	}
	for i, card := range cards {
		if card.Name.Formatted == "" {
			return "", fmt.Sprintf("Parameter 'contacts[%d].name.formatted_name' is mandatory.", i)
		}
	}
	return cards[0].Name.Formatted, ""
}

func checkReaction(raw json.RawMessage) (string, string) {
	var reaction struct {
		MessageID string  `json:"message_id"`
		Emoji     *string `json:"emoji"`
	}
	if err := json.Unmarshal(raw, &reaction); err != nil {
		return "", within("reaction", err)
	}
	switch {
	case reaction.MessageID == "":
		return "", "Parameter 'reaction.message_id' is mandatory."
	case reaction.Emoji == nil:
		return "", "Parameter 'reaction.emoji' is mandatory; an empty one removes the reaction."
	}
	return *reaction.Emoji, ""
}

func checkTemplate(raw json.RawMessage) (string, string) {
	var template struct {
		Name     string `json:"name"`
		Language struct {
			Code string `json:"code"`
		} `json:"language"`
		Components []json.RawMessage `json:"components"`
	}
	if err := json.Unmarshal(raw, &template); err != nil {
		return "", within(typeTemplate, err)
	}
	switch {
	case template.Name == "":
		return "", "Parameter 'template.name' is mandatory."
	case template.Language.Code == "":
		return "", "Parameter 'template.language.code' is mandatory."
	}
	return template.Name, ""
}

func checkInteractive(raw json.RawMessage) (string, string) {
	var message struct {
		Type string `json:"type"`
		Body struct {
			Text string `json:"text"`
		} `json:"body"`
		Action *struct {
			Buttons  []json.RawMessage `json:"buttons"`
			Sections []json.RawMessage `json:"sections"`
		} `json:"action"`
	}
	if err := json.Unmarshal(raw, &message); err != nil {
		return "", within("interactive", err)
	}
	switch {
	case !slices.Contains([]string{"button", "list", "cta_url", "flow"}, message.Type):
		return "", fmt.Sprintf("Parameter 'interactive.type' has the unknown value '%s'.", message.Type)
	case message.Body.Text == "":
		return "", "Parameter 'interactive.body.text' is mandatory."
	case message.Action == nil:
		return "", "Parameter 'interactive.action' is mandatory."
	case message.Type == "button" && (len(message.Action.Buttons) == 0 || len(message.Action.Buttons) > maxButtons):
		return "", "Parameter 'interactive.action.buttons' must have 1 to 3 elements."
	case message.Type == "list" && len(message.Action.Sections) == 0:
		return "", "Parameter 'interactive.action.sections' must not be empty."
	}
	return message.Body.Text, ""
}

// within describes a part that cannot be read.
func within(kind string, err error) string {
	return fmt.Sprintf("Parameter '%s' is malformed. %s", kind, malformed(err))
}
