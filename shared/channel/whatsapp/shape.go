package whatsapp

import (
	"encoding/json"

	"github.com/deskline/deskline/shared/channel/meta"
)

// The shapes below hold what we read of a change of the fields we know. Sources: schemas WebhookPayload to
// StatusMessageValue of facebook/openapi, business-messaging-api v23.0, and Meta's webhook references of
// smb_message_echoes and user_preferences (2026-05-21), read 2026-11; where real payloads differ from them, the shapes
// are the wider.

type value struct {
	Metadata    meta.Maybe[metadata]  `json:"metadata"`
	Contacts    meta.List[profile]    `json:"contacts"`
	Messages    meta.List[message]    `json:"messages"`
	Statuses    meta.List[status]     `json:"statuses"`
	Echoes      meta.List[echo]       `json:"message_echoes"`
	Updates     meta.List[userUpdate] `json:"user_id_update"`
	Preferences meta.List[preference] `json:"user_preferences"`
	Errors      meta.List[graphError] `json:"errors"`
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
		Metadata    meta.Maybe[metadata] `json:"metadata"`
		Contacts    []profile            `json:"contacts"`
		Messages    []message            `json:"messages"`
		Statuses    []status             `json:"statuses"`
		Echoes      []echo               `json:"message_echoes"`
		Updates     []userUpdate         `json:"user_id_update"`
		Preferences []preference         `json:"user_preferences"`
		Errors      []graphError         `json:"errors"`
	}
	if err := json.Unmarshal(raw, &quick); err != nil {
		return value{}, false
	}
	return value{
		Metadata:    quick.Metadata,
		Contacts:    meta.ListOf(quick.Contacts),
		Messages:    meta.ListOf(quick.Messages),
		Statuses:    meta.ListOf(quick.Statuses),
		Echoes:      meta.ListOf(quick.Echoes),
		Updates:     meta.ListOf(quick.Updates),
		Preferences: meta.ListOf(quick.Preferences),
		Errors:      meta.ListOf(quick.Errors),
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
	Referral   meta.Maybe[referral] `json:"referral"`
	content
}

// echo is a message, edit or deletion of the business's by its WhatsApp Business app. It is for To or ToUserID.
type echo struct {
	To            meta.Scalar `json:"to"`
	ToUserID      meta.Scalar `json:"to_user_id"`
	RecipientType meta.Scalar `json:"recipient_type"`
	message
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
	Unsupported meta.Maybe[unsupported]     `json:"unsupported"`
}

// unsupported names what WhatsApp could not pass on.
type unsupported struct {
	Type meta.Scalar `json:"type"`
}

// quoted is what a message is about.
type quoted struct {
	ID         meta.Scalar         `json:"id"`
	Forwarded  meta.Maybe[bool]    `json:"forwarded"`
	Frequently meta.Maybe[bool]    `json:"frequently_forwarded"`
	Product    meta.Maybe[product] `json:"referred_product"`
}

type product struct {
	Catalog meta.Scalar `json:"catalog_id"`
	ID      meta.Scalar `json:"product_retailer_id"`
}

// referral is the advertisement or post by which the customer came to write.
type referral struct {
	SourceType meta.Scalar `json:"source_type"`
	SourceID   meta.Scalar `json:"source_id"`
	SourceURL  meta.Scalar `json:"source_url"`
	Headline   meta.Scalar `json:"headline"`
	Body       meta.Scalar `json:"body"`
	Click      meta.Scalar `json:"ctwa_clid"`
}

type text struct {
	Body meta.Scalar `json:"body"`
}

type media struct {
	ID       meta.Scalar      `json:"id"`
	URL      meta.Scalar      `json:"url"`
	MimeType meta.Scalar      `json:"mime_type"`
	SHA256   meta.Scalar      `json:"sha256"`
	Caption  meta.Scalar      `json:"caption"`
	Filename meta.Scalar      `json:"filename"`
	Voice    meta.Maybe[bool] `json:"voice"`
	Animated meta.Maybe[bool] `json:"animated"`
}

type location struct {
	Latitude  meta.Scalar `json:"latitude"`
	Longitude meta.Scalar `json:"longitude"`
	Name      meta.Scalar `json:"name"`
	Address   meta.Scalar `json:"address"`
	URL       meta.Scalar `json:"url"`
}

// card is a vCard-like object.
type card struct {
	Name meta.Maybe[struct {
		Formatted meta.Scalar `json:"formatted_name"`
		First     meta.Scalar `json:"first_name"`
	}] `json:"name"`
	Phones meta.List[struct {
		Phone meta.Scalar `json:"phone"`
		WaID  meta.Scalar `json:"wa_id"`
	}] `json:"phones"`
	Emails meta.List[struct {
		Email meta.Scalar `json:"email"`
	}] `json:"emails"`
}

type interactive struct {
	Button meta.Maybe[choice] `json:"button_reply"`
	List   meta.Maybe[choice] `json:"list_reply"`
	Form   meta.Maybe[form]   `json:"nfm_reply"`
}

type choice struct {
	ID          meta.Scalar `json:"id"`
	Title       meta.Scalar `json:"title"`
	Description meta.Scalar `json:"description"`
}

// form is an answered form; Response is JSON within a string.
type form struct {
	Response meta.Scalar `json:"response_json"`
}

type button struct {
	Payload meta.Scalar `json:"payload"`
	Text    meta.Scalar `json:"text"`
}

type order struct {
	Catalog meta.Scalar          `json:"catalog_id"`
	Text    meta.Scalar          `json:"text"`
	Items   meta.List[orderItem] `json:"product_items"`
}

type orderItem struct {
	Product  meta.Scalar `json:"product_retailer_id"`
	Quantity meta.Scalar `json:"quantity"`
	Price    meta.Scalar `json:"item_price"`
	Currency meta.Scalar `json:"currency"`
}

// reaction is to MessageID; without an emoji it takes an earlier one back.
type reaction struct {
	MessageID meta.Scalar `json:"message_id"`
	Emoji     meta.Scalar `json:"emoji"`
}

// system is a notice. Where it tells of a new address, the message's sender is the old one. WaID and UserID are the
// addresses from now on, except that in older versions WaID is the former one beside NewWaID.
type system struct {
	Type     meta.Scalar `json:"type"`
	Body     meta.Scalar `json:"body"`
	WaID     meta.Scalar `json:"wa_id"`
	NewWaID  meta.Scalar `json:"new_wa_id"`
	UserID   meta.Scalar `json:"user_id"`
	Previous meta.Scalar `json:"previous_user_id"`
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

// userUpdate says that a customer has a new user ID.
type userUpdate struct {
	WaID   meta.Scalar `json:"wa_id"`
	UserID meta.Maybe[struct {
		Previous meta.Scalar `json:"previous"`
		Current  meta.Scalar `json:"current"`
	}] `json:"user_id"`
	Timestamp meta.Scalar `json:"timestamp"`
}

// preference says which messages a customer takes: Value is "stop" or "resume", for one Category.
type preference struct {
	WaID      meta.Scalar `json:"wa_id"`
	UserID    meta.Scalar `json:"user_id"`
	Category  meta.Scalar `json:"category"`
	Value     meta.Scalar `json:"value"`
	Timestamp meta.Scalar `json:"timestamp"`
}
