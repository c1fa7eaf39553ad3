package messenger

import (
	"bytes"
	"encoding/json"

	"github.com/deskline/deskline/shared/channel/meta"
)

// The shapes below hold what we read of an event. Source: Meta's webhook event reference (messages, echoes, postbacks,
// reactions, deliveries, reads, referrals, handovers), read 2026-11; where real payloads differ from it, the shapes are
// the wider.

type event struct {
	Sender    meta.Maybe[party]    `json:"sender"`
	Recipient meta.Maybe[party]    `json:"recipient"`
	Timestamp meta.Scalar          `json:"timestamp"`
	Message   meta.Maybe[message]  `json:"message"`
	Postback  meta.Maybe[postback] `json:"postback"`
	Edit      meta.Maybe[edit]     `json:"message_edit"`
	Reaction  meta.Maybe[reaction] `json:"reaction"`
	Delivery  meta.Maybe[delivery] `json:"delivery"`
	Read      meta.Maybe[read]     `json:"read"`
	Referral  meta.Maybe[referral] `json:"referral"`
	Passed    meta.Maybe[control]  `json:"pass_thread_control"`
	Taken     meta.Maybe[control]  `json:"take_thread_control"`
}

// party is the page or a customer; a customer who has not agreed to be known has a user_ref instead of an ID.
type party struct {
	ID meta.Scalar `json:"id"`
}

type message struct {
	MID         meta.Scalar            `json:"mid"`
	Text        meta.Scalar            `json:"text"`
	Echo        flag                   `json:"is_echo"`
	Deleted     flag                   `json:"is_deleted"`
	Unsupported flag                   `json:"is_unsupported"`
	Metadata    meta.Scalar            `json:"metadata"`
	StickerID   meta.Scalar            `json:"sticker_id"`
	QuickReply  meta.Maybe[quickReply] `json:"quick_reply"`
	ReplyTo     meta.Maybe[quoted]     `json:"reply_to"`
	Attachments rawList                `json:"attachments"`
	Referral    meta.Maybe[referral]   `json:"referral"`
}

// rawList is a list of which only the first elements are decoded, so that a long one costs no more than its bytes.
type rawList = meta.List[json.RawMessage]

type quickReply struct {
	Payload meta.Scalar `json:"payload"`
}

type quoted struct {
	MID meta.Scalar `json:"mid"`
}

// attachment has its title and URL beside the payload in older forms, in which the payload can be a mere text.
type attachment struct {
	Type    meta.Scalar         `json:"type"`
	Title   meta.Scalar         `json:"title"`
	URL     meta.Scalar         `json:"url"`
	Payload meta.Maybe[payload] `json:"payload"`
}

type payload struct {
	URL          meta.Scalar             `json:"url"`
	Title        meta.Scalar             `json:"title"`
	StickerID    meta.Scalar             `json:"sticker_id"`
	Coordinates  meta.Maybe[coordinates] `json:"coordinates"`
	Text         meta.Scalar             `json:"text"`          // of a button template
	IntroMessage meta.Scalar             `json:"intro_message"` // of an airline template
	Elements     rawList                 `json:"elements"`      // of a template
	Buttons      rawList                 `json:"buttons"`       // of a template
	Product      meta.Maybe[product]     `json:"product"`
	Status       meta.Scalar             `json:"status"`     // of an appointment
	StartTime    meta.Scalar             `json:"start_time"` // of an appointment, in seconds
}

type coordinates struct {
	Lat  meta.Scalar `json:"lat"`
	Long meta.Scalar `json:"long"`
}

type product struct {
	Elements rawList `json:"elements"`
}

type element struct {
	ID         meta.Scalar `json:"id"`
	RetailerID meta.Scalar `json:"retailer_id"`
	Title      meta.Scalar `json:"title"`
	Subtitle   meta.Scalar `json:"subtitle"`
}

type button struct {
	Title meta.Scalar `json:"title"`
}

type postback struct {
	MID      meta.Scalar          `json:"mid"` // absent before version 11 of the API
	Title    meta.Scalar          `json:"title"`
	Payload  meta.Scalar          `json:"payload"`
	Referral meta.Maybe[referral] `json:"referral"`
}

// referral is the link or advertisement somebody came by.
type referral struct {
	Ref     meta.Scalar               `json:"ref"`
	Source  meta.Scalar               `json:"source"`
	AdID    meta.Scalar               `json:"ad_id"`
	Referer meta.Scalar               `json:"referer_uri"`
	Ad      meta.Maybe[advertisement] `json:"ads_context_data"`
	Product meta.Maybe[struct {
		ID meta.Scalar `json:"id"`
	}] `json:"product"`
}

type advertisement struct {
	Title     meta.Scalar `json:"ad_title"`
	PostID    meta.Scalar `json:"post_id"`
	ProductID meta.Scalar `json:"product_id"`
}

type edit struct {
	MID  meta.Scalar `json:"mid"`
	Text meta.Scalar `json:"text"`
}

type reaction struct {
	MID      meta.Scalar `json:"mid"`
	Action   meta.Scalar `json:"action"`
	Emoji    meta.Scalar `json:"emoji"`
	Reaction meta.Scalar `json:"reaction"`
}

type delivery struct {
	MIDs      meta.List[meta.Scalar] `json:"mids"`
	Watermark meta.Scalar            `json:"watermark"`
}

type read struct {
	Watermark meta.Scalar `json:"watermark"`
}

type control struct {
	Previous meta.Scalar `json:"previous_owner_app_id"`
	Metadata meta.Scalar `json:"metadata"`
}

// flag is a truth value that may come as text or number; everything else is false.
type flag bool

// UnmarshalJSON never fails.
func (f *flag) UnmarshalJSON(b []byte) error {
	switch string(bytes.Trim(b, `"`)) {
	case "true", "True", "1":
		*f = true
	default:
		*f = false
	}
	return nil
}

// firstOf decodes the first elements of a list; one of the wrong shape is the zero value.
func firstOf[T any](list rawList, limit int) []T {
	items := make([]T, min(len(list.Items), limit))
	for i := range items {
		if err := json.Unmarshal(list.Items[i], &items[i]); err != nil {
			items[i] = *new(T)
		}
	}
	return items
}
