package whatsapp

import (
	"encoding/json"

	"github.com/deskline/deskline/shared/channel/meta"
)

// The shapes below hold what we read of a change of the field "messages". Sources: schemas WebhookPayload to
// StatusMessageValue of facebook/openapi, business-messaging-api v23.0; where real payloads differ from them, the
// shapes are the wider.

type value struct {
	Metadata meta.Maybe[metadata]  `json:"metadata"`
	Contacts meta.List[profile]    `json:"contacts"`
	Messages meta.List[message]    `json:"messages"`
	Statuses meta.List[status]     `json:"statuses"`
	Errors   meta.List[graphError] `json:"errors"`
}

func readValue(raw json.RawMessage) (value, bool) {
	if len(raw) == 0 {
		return value{}, false
	}
	if v, ok := quickValue(raw); ok {
		return v, true
	}
	var v value
	err := json.Unmarshal(raw, &v)
	return v, err == nil
}

// quickValue reads a value in which every list is right, in fewer passes over it.
func quickValue(raw json.RawMessage) (value, bool) {
	var quick struct {
		Metadata meta.Maybe[metadata] `json:"metadata"`
		Contacts []profile            `json:"contacts"`
		Messages []message            `json:"messages"`
		Statuses []status             `json:"statuses"`
		Errors   []graphError         `json:"errors"`
	}
	if err := json.Unmarshal(raw, &quick); err != nil {
		return value{}, false
	}
	return value{
		Metadata: quick.Metadata,
		Contacts: meta.ListOf(quick.Contacts),
		Messages: meta.ListOf(quick.Messages),
		Statuses: meta.ListOf(quick.Statuses),
		Errors:   meta.ListOf(quick.Errors),
	}, true
}

type metadata struct {
	PhoneNumberID meta.Scalar `json:"phone_number_id"`
}

// profile is an element of contacts: who wrote the messages beside it. Either ID may be missing.
type profile struct {
	WaID    meta.Scalar `json:"wa_id"`
	UserID  meta.Scalar `json:"user_id"`
	Profile meta.Maybe[struct {
		Name     meta.Scalar `json:"name"`
		Username meta.Scalar `json:"username"`
	}] `json:"profile"`
}

type graphError struct {
	Code    meta.Scalar `json:"code"`
	Subcode meta.Scalar `json:"error_subcode"`
}

type message struct {
	From       meta.Scalar          `json:"from"`
	FromUserID meta.Scalar          `json:"from_user_id"`
	ID         meta.Scalar          `json:"id"`
	Timestamp  meta.Scalar          `json:"timestamp"`
	GroupID    meta.Scalar          `json:"group_id"`
	Context    meta.Maybe[quoted]   `json:"context"`
	Reaction   meta.Maybe[reaction] `json:"reaction"`
	System     meta.Maybe[system]   `json:"system"`
	Edit       meta.Maybe[edit]     `json:"edit"`
	Revoke     meta.Maybe[revoke]   `json:"revoke"`
	content
}

// content is what a message says; an edit carries one too. Type names the field that is filled.
type content struct {
	Type        meta.Scalar                 `json:"type"`
	Text        meta.Maybe[text]            `json:"text"`
	Image       meta.Maybe[media]           `json:"image"`
	Video       meta.Maybe[media]           `json:"video"`
	Audio       meta.Maybe[media]           `json:"audio"`
	Voice       meta.Maybe[media]           `json:"voice"`
	Document    meta.Maybe[media]           `json:"document"`
	Sticker     meta.Maybe[media]           `json:"sticker"`
	Location    meta.Maybe[location]        `json:"location"`
	Contacts    meta.Maybe[meta.List[card]] `json:"contacts"`
	Interactive meta.Maybe[interactive]     `json:"interactive"`
	Button      meta.Maybe[button]          `json:"button"`
	Order       meta.Maybe[order]           `json:"order"`
}

type quoted struct {
	ID meta.Scalar `json:"id"`
}

type text struct {
	Body meta.Scalar `json:"body"`
}

type media struct {
	Caption  meta.Scalar      `json:"caption"`
	Filename meta.Scalar      `json:"filename"`
	Voice    meta.Maybe[bool] `json:"voice"`
}

type location struct {
	Latitude  meta.Scalar `json:"latitude"`
	Longitude meta.Scalar `json:"longitude"`
	Name      meta.Scalar `json:"name"`
	Address   meta.Scalar `json:"address"`
}

// card is a vCard-like object.
type card struct {
	Name meta.Maybe[struct {
		Formatted meta.Scalar `json:"formatted_name"`
		First     meta.Scalar `json:"first_name"`
	}] `json:"name"`
	Phones meta.List[struct {
		Phone meta.Scalar `json:"phone"`
	}] `json:"phones"`
}

type interactive struct {
	Button meta.Maybe[choice] `json:"button_reply"`
	List   meta.Maybe[choice] `json:"list_reply"`
	Form   meta.Maybe[form]   `json:"nfm_reply"`
}

type choice struct {
	Title       meta.Scalar `json:"title"`
	Description meta.Scalar `json:"description"`
}

// form is an answered form; Response is JSON within a string.
type form struct {
	Response meta.Scalar `json:"response_json"`
}

type button struct {
	Text meta.Scalar `json:"text"`
}

type order struct {
	Text  meta.Scalar                `json:"text"`
	Items meta.List[json.RawMessage] `json:"product_items"`
}

// reaction is to MessageID; without an emoji it takes an earlier one back.
type reaction struct {
	MessageID meta.Scalar `json:"message_id"`
	Emoji     meta.Scalar `json:"emoji"`
}

type system struct {
	Type    meta.Scalar `json:"type"`
	Body    meta.Scalar `json:"body"`
	WaID    meta.Scalar `json:"wa_id"`
	NewWaID meta.Scalar `json:"new_wa_id"` // where wa_id stands now in older versions
	UserID  meta.Scalar `json:"user_id"`
}

type edit struct {
	OriginalID meta.Scalar         `json:"original_message_id"`
	Message    meta.Maybe[content] `json:"message"`
}

type revoke struct {
	OriginalID meta.Scalar `json:"original_message_id"`
}

type status struct {
	ID            meta.Scalar           `json:"id"`
	Status        meta.Scalar           `json:"status"`
	Timestamp     meta.Scalar           `json:"timestamp"`
	RecipientType meta.Scalar           `json:"recipient_type"`
	Callback      meta.Scalar           `json:"biz_opaque_callback_data"`
	Errors        meta.List[graphError] `json:"errors"`
}
