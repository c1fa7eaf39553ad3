package graph

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"unicode/utf8"
)

// Limits of a message. Sources: Messenger's Send API reference (text "fewer than 2000
// characters", metadata "fewer than 1000") and its quick replies page, read 2026-11.
const (
	maxPageText        = 1999 // code points of message.text
	maxMetadata        = 999  // code points of message.metadata
	maxQuickReplies    = 13
	maxQuickTitle      = 20   // code points
	maxPostbackPayload = 1000 // code points
)

// Messaging types. UTILITY, which needs an approved template, is not played.
const (
	typeResponse = "RESPONSE"
	typeUpdate   = "UPDATE"
	typeTag      = "MESSAGE_TAG"
)

// tags are those still taken. Source: Messenger's changelog, read 2026-11: the others are
// refused with code 100 since 2026-04-27.
var tags = []string{"HUMAN_AGENT", "CUSTOMER_FEEDBACK"}

// scopedID is the form of a page-scoped user ID, and of an app's.
var scopedID = regexp.MustCompile(`^[0-9]{1,32}$`)

// pageRequest is the body of a call to a page's messages edge. Pointers tell an absent
// parameter from an empty one.
type pageRequest struct {
	Recipient *struct {
		ID *string `json:"id"`
	} `json:"recipient"`
	Type    *string      `json:"messaging_type"`
	Tag     *string      `json:"tag"`
	Message *pageContent `json:"message"`
	ReplyTo *struct {
		MID *string `json:"mid"`
	} `json:"reply_to"`
	Action *string `json:"sender_action"`

	to   string // the recipient
	kind string // the messaging type
}

type pageContent struct {
	Text         *string         `json:"text"`
	Metadata     *string         `json:"metadata"`
	Attachment   *pageAttachment `json:"attachment"`
	QuickReplies []QuickReply    `json:"quick_replies"`
}

type pageAttachment struct {
	Type    string `json:"type"`
	Payload *struct {
		URL      string `json:"url"`
		ID       string `json:"attachment_id"`
		Template string `json:"template_type"`
	} `json:"payload"`
}

func (r pageRequest) replyTo() string {
	if r.ReplyTo == nil {
		return ""
	}
	return deref(r.ReplyTo.MID)
}

// parsePageSend reads and validates a request.
func parsePageSend(body []byte) (pageRequest, *apiError) {
	var r pageRequest
	if err := json.Unmarshal(body, &r); err != nil {
		return r, badParam(malformed(err))
	}
	if r.Recipient == nil {
		return r, badParam("The parameter recipient is required")
	}
	if r.to = deref(r.Recipient.ID); !scopedID.MatchString(r.to) {
		return r, badParam(`Param recipient[id] must be a valid ID string (e.g., "123")`)
	}
	if r.Action != nil {
		return r, r.checkAction()
	}
	if problem := r.checkType(); problem != nil {
		return r, problem
	}
	if r.ReplyTo != nil && r.replyTo() == "" {
		return r, badParam("Param reply_to[mid] must be a non-empty string")
	}
	if r.Message == nil {
		return r, badParam("The parameter message is required")
	}
	return r, r.Message.check()
}

// badParam makes the error for a bad parameter.
func badParam(what string) *apiError {
	e := fail(codeInvalid, 0)
	e.Message = fmt.Sprintf("(#%d) %s", codeInvalid, what)
	return e
}

func (r pageRequest) checkAction() *apiError {
	switch {
	case r.Message != nil || r.Type != nil || r.Tag != nil || r.ReplyTo != nil:
		return badParam("Cannot send both message and state at the same time.")
	case !slices.Contains([]string{ActionMarkSeen, ActionTypingOn, ActionTypingOff}, *r.Action):
		return badParam("Param sender_action must be one of {MARK_SEEN, TYPING_ON, TYPING_OFF}")
	}
	return nil
}

func (r *pageRequest) checkType() *apiError {
	r.kind = deref(r.Type)
	switch {
	case !slices.Contains([]string{typeResponse, typeUpdate, typeTag}, r.kind):
		return badParam("Param messaging_type must be one of {RESPONSE, UPDATE, MESSAGE_TAG}")
	case r.kind != typeTag && r.Tag != nil:
		return badParam("Param tag needs the messaging_type MESSAGE_TAG")
	case r.kind == typeTag && !slices.Contains(tags, deref(r.Tag)):
		return badParam("Param tag must be one of {HUMAN_AGENT, CUSTOMER_FEEDBACK}")
	}
	return nil
}

func (c pageContent) check() *apiError {
	text := deref(c.Text)
	switch {
	case text == "" && c.Attachment == nil:
		return fail(codeInvalid, subcodeEmpty)
	case c.Text != nil && c.Attachment != nil:
		return badParam("A message has a text or an attachment, not both")
	case utf8.RuneCountInString(text) > maxPageText:
		return badParam("Length of param message[text] must be less than 2000")
	case utf8.RuneCountInString(deref(c.Metadata)) > maxMetadata:
		return badParam("Length of param message[metadata] must be less than 1000")
	case len(c.QuickReplies) > maxQuickReplies:
		return badParam("Param message[quick_replies] must have at most 13 elements")
	}
	for i, q := range c.QuickReplies {
		if problem := q.check(); problem != "" {
			return badParam(fmt.Sprintf("Param message[quick_replies][%d]%s", i, problem))
		}
	}
	if c.Attachment != nil {
		return c.Attachment.check()
	}
	return nil
}

// check returns what is wrong with a quick reply, or "".
func (q QuickReply) check() string {
	switch {
	case slices.Contains([]string{"user_phone_number", "user_email"}, q.ContentType):
		return ""
	case q.ContentType != "text":
		return "[content_type] must be one of {text, user_phone_number, user_email}"
	case q.Title == "" || utf8.RuneCountInString(q.Title) > maxQuickTitle:
		return "[title] must have 1 to 20 characters"
	case q.Payload == "" || utf8.RuneCountInString(q.Payload) > maxPostbackPayload:
		return "[payload] must have 1 to 1000 characters"
	}
	return ""
}

func (a pageAttachment) check() *apiError {
	switch {
	case !slices.Contains([]string{"image", "audio", "video", "file", "template"}, a.Type):
		return badParam("Param message[attachment][type] must be one of {image, audio, video, file, template}")
	case a.Payload == nil:
		return badParam("Param message[attachment][payload] is required")
	case a.Type == "template" && a.Payload.Template == "":
		return badParam("Param message[attachment][payload][template_type] is required")
	case a.Type != "template" && (a.Payload.URL == "") == (a.Payload.ID == ""):
		return badParam("Param message[attachment][payload] must have either url or attachment_id")
	}
	return nil
}
