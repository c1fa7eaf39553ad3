package graph

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"unicode/utf8"
)

// product is the value of messaging_product everywhere.
const product = "whatsapp"

// Limits of a send request. Source: nyaruka/courier handlers/meta/whatsapp (text) and
// third parties quoting Meta's reference (callback data), read 2026-11.
const (
	maxText         = 4096 // code points of text.body
	maxCallbackData = 512  // code points of biz_opaque_callback_data
)

var (
	phoneNumber = regexp.MustCompile(`^[0-9]{5,15}$`)
	// userID is a business-scoped user ID: country, dot, up to 128 characters; a
	// parent's has ENT before them. Source: Meta's business-scoped-user-ids page of 2026-05-28.
	userID = regexp.MustCompile(`^[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}$`)
)

// sendRequest is the body of a call to a number's messages edge. Pointers tell an
// absent parameter from an empty one.
type sendRequest struct {
	Product       *string `json:"messaging_product"`
	RecipientType *string `json:"recipient_type"`
	To            *string `json:"to"`
	Recipient     *string `json:"recipient"`
	Type          *string `json:"type"`
	CallbackData  *string `json:"biz_opaque_callback_data"`
	Context       *struct {
		MessageID *string `json:"message_id"`
	} `json:"context"`

	Status    *string `json:"status"`
	MessageID *string `json:"message_id"`
	Typing    *struct {
		Type string `json:"type"`
	} `json:"typing_indicator"`

	kind     string // type, or what it means to leave it out
	customer string // To or Recipient as an ID
	text     string // what the customer reads
}

func (r sendRequest) marksRead() bool { return r.Status != nil }

func (r sendRequest) replyTo() string {
	if r.Context == nil {
		return ""
	}
	return deref(r.Context.MessageID)
}

// parseSend reads and validates a request.
func parseSend(body []byte) (sendRequest, *apiError) {
	var r sendRequest
	if err := json.Unmarshal(body, &r); err != nil {
		return r, invalid(malformed(err))
	}
	if deref(r.Product) == "" {
		e := invalid("Parameter 'messaging_product' is mandatory.")
		e.Message = "(#100) The parameter messaging_product is required."
		return r, e
	}
	if *r.Product != product {
		return r, invalid("Parameter 'messaging_product' must be 'whatsapp'.")
	}
	check := r.checkMessage
	if r.marksRead() {
		check = r.checkMark
	}
	if problem := check(body); problem != "" {
		return r, invalid(problem)
	}
	return r, nil
}

func malformed(err error) string {
	if wrong := new(json.UnmarshalTypeError); errors.As(err, &wrong) && wrong.Field != "" {
		return fmt.Sprintf("Parameter '%s' must not be a JSON %s.", wrong.Field, wrong.Value)
	}
	return "Malformed JSON, or JSON of another kind than expected."
}

// invalid makes the error for a bad parameter with the details Meta gives.
func invalid(details string) *apiError {
	e := fail(codeInvalid, 0)
	e.Data = &errorData{Product: product, Details: details}
	return e
}

func (r *sendRequest) checkMark([]byte) string {
	switch {
	case *r.Status != statusRead:
		return "Parameter 'status' must be 'read'."
	case deref(r.MessageID) == "":
		return "Parameter 'message_id' is mandatory for status 'read'."
	case r.Typing != nil && r.Typing.Type != typeText:
		return "Parameter 'typing_indicator.type' must be 'text'."
	}
	return ""
}

func (r *sendRequest) checkMessage(body []byte) string {
	if r.RecipientType != nil && *r.RecipientType != "individual" {
		return "Parameter 'recipient_type' must be 'individual'."
	}
	if problem := r.address(); problem != "" {
		return problem
	}
	if r.CallbackData != nil && utf8.RuneCountInString(*r.CallbackData) > maxCallbackData {
		return "Parameter 'biz_opaque_callback_data' must be at most 512 characters long."
	}
	if r.Context != nil && r.replyTo() == "" {
		return "Parameter 'context.message_id' is mandatory when 'context' is given."
	}
	r.kind = typeText
	if r.Type != nil {
		r.kind = *r.Type
	}
	check, known := contents[r.kind]
	if !known {
		return fmt.Sprintf("Parameter 'type' has the unknown value '%s'.", r.kind)
	}
	var parts map[string]json.RawMessage
	if err := json.Unmarshal(body, &parts); err != nil {
		return malformed(err)
	}
	raw, given := parts[r.kind]
	if !given || string(raw) == "null" {
		return fmt.Sprintf("Parameter '%s' is mandatory for type '%s'.", r.kind, r.kind)
	}
	text, problem := check(raw)
	r.text = text
	return problem
}

// address works out the customer: a phone number wins over a user ID.
func (r *sendRequest) address() string {
	to, recipient := deref(r.To), deref(r.Recipient)
	switch {
	case to != "":
		if r.customer = customerID(to); !phoneNumber.MatchString(r.customer) {
			return "Parameter 'to' is not a valid phone number."
		}
	case recipient != "":
		if r.customer = recipient; !userID.MatchString(recipient) {
			return "Parameter 'recipient' is not a valid user ID."
		}
	default:
		return "One of the parameters 'to' and 'recipient' is mandatory."
	}
	return ""
}

// acceptance is the documented answer to a message that was taken.
func (r sendRequest) acceptance(m Message) any {
	type contact struct {
		Input  string `json:"input"`
		WAID   string `json:"wa_id,omitempty"`
		UserID string `json:"user_id,omitempty"`
	}
	type message struct {
		ID     string `json:"id"`
		Status string `json:"message_status,omitempty"`
	}
	to := contact{Input: deref(r.To), WAID: r.customer}
	if to.Input == "" {
		to = contact{Input: r.customer, UserID: r.customer}
	}
	taken := message{ID: m.ID}
	if m.Type == typeTemplate {
		taken.Status = statusAccepted
	}
	return struct {
		Product  string    `json:"messaging_product"`
		Contacts []contact `json:"contacts"`
		Messages []message `json:"messages"`
	}{product, []contact{to}, []message{taken}}
}
