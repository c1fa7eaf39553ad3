package whatsapp_test

import (
	"time"

	"github.com/deskline/deskline/shared/channel"
	"github.com/deskline/deskline/shared/desk"
)

// recording is what a recorded webhook holds: one event, or something left out for a reason.
type recording struct {
	event   channel.Event
	ignored channel.Ignored
}

// The numbers, customers and messages that recordings share.
const (
	metaNumber   = "106540352242922"
	restNumber   = "10634295353625"
	restNumber2  = "1111111111111111"
	metaMessage  = "wamid.HBgLMTY1MDM4Nzk0MzkVAgASGBQzQTRBNjU5OUFFRTAzODEwMTQ0RgA="
	restMessage  = "wamid.HBgNNDkxNTIwOTgzMzM5OBUCABIYHGDEHJVFHJEVCFHJEVBCMTkyODk1OEIyAA=="
	restMessage2 = "wamid.randomwhatsappmessageid"
)

var (
	sheena   = desk.Customer{Name: "Sheena Nelson", Phone: "+16505551234", Addresses: []desk.Address{phone("16505551234")}}
	testUser = desk.Customer{Name: "TestUser", Phone: "+491234567890", Addresses: []desk.Address{phone("491234567890")}}
	john     = desk.Customer{Name: "John", Phone: "+333333333333", Addresses: []desk.Address{phone("333333333333")}}
)

// parsed is when the recordings are read; it stands in for a time they do not tell.
var parsed = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

func unix(seconds int64) time.Time { return time.Unix(seconds, 0).UTC() }

func arrives(account, id string, at int64, who desk.Customer, what desk.Arrival) recording {
	what.Channel, what.Account, what.ID, what.At, what.Customer = desk.WhatsApp, account, id, unix(at), who
	return recording{event: channel.Event{Arrival: &what}}
}

func leftOut(reason, what string) recording {
	return recording{ignored: channel.Ignored{Reason: reason, What: what}}
}

// recorded says what each recorded webhook holds.
var recorded = map[string]recording{
	"meta-webhook-button-message.json": arrives(metaNumber, "wamid.HBgLMTY1MDM4Nzk0MzkVAgASGBQzQUU0M0MxQzQzMUJCMTMwNUZFOQA=", 1750091045, sheena,
		desk.Arrival{Kind: desk.ReplyMessage, Text: "Unsubscribe", Fallback: "[reply] Unsubscribe",
			ReplyTo: "wamid.HBgLMTY1MDM4Nzk0MzkVAgARGBJFNjk2OTMwNEZCQjhGMzUyQUYA",
			Detail:  desk.Detail{Choice: desk.Selection{ID: "Unsubscribe", Title: "Unsubscribe"}}}),
	"meta-webhook-contact-sharing-message.json": arrives(metaNumber, metaMessage, 1744344496, sheena,
		desk.Arrival{Kind: desk.ContactsMessage, Fallback: "[contact] Lucía Gómez",
			Detail: desk.Detail{Cards: []desk.Card{{Name: "Lucía Gómez", Phones: []string{"+1 (983) 555-2319"}}}}}),
	"meta-webhook-group-create-message.json":      leftOut("group_update", "group_lifecycle_update"),
	"meta-webhook-group-remove-participants.json": leftOut("group_update", "group_participants_update"),
	"meta-webhook-group-settings-update.json":     leftOut("group_update", "group_settings_update"),
	"meta-webhook-image-message.json": arrives(metaNumber, metaMessage, 1744344496, sheena,
		desk.Arrival{Kind: desk.ImageMessage, Text: "Taj Mahal", Fallback: "[image] Taj Mahal",
			Detail: desk.Detail{Attachments: []desk.Attachment{{Kind: desk.ImageMessage, MediaID: "1003383421387256", MimeType: "image/jpeg",
				SHA256: "SfInY0gGKTsJlUWbwxC1k+FAD0FZHvzwfpvO0zX0GUI="}}}}),
	"meta-webhook-interactive-button-reply-message.json": arrives(metaNumber, "wamid.HBgLMTY1MDM4Nzk0MzkVAgASGBQzQTZBQzg0MzQ4QjRCM0NGNkVGOAA=", 1750025136, sheena,
		desk.Arrival{Kind: desk.ReplyMessage, Text: "Cancel", Fallback: "[reply] Cancel",
			ReplyTo: "wamid.HBgLMTY1MDM4Nzk0MzkVAgARGBI3MEM2RUJFNkI0RENGQTVDRjUA",
			Detail:  desk.Detail{Choice: desk.Selection{ID: "cancel-button", Title: "Cancel"}}}),
	"meta-webhook-interactive-list-reply-message.json": arrives(metaNumber, "wamid.HBgLMTY1MDM4Nzk0MzkVAgASGBQzQUJDQ0NDM0FEODY4ODkzOTc5RgA=", 1749854575, sheena,
		desk.Arrival{Kind: desk.ReplyMessage, Text: "Priority Mail Express", Fallback: "[reply] Priority Mail Express, Next Day to 2 Days",
			ReplyTo: "wamid.HBgLMTY1MDM4Nzk0MzkVAgARGBJGMzEyNzhENTZDMzNGODlDRDgA",
			Detail:  desk.Detail{Choice: desk.Selection{ID: "priority_express", Title: "Priority Mail Express", Description: "Next Day to 2 Days"}}}),
	"meta-webhook-location-message.json": arrives(metaNumber, "wamid.HBgLMTY1MDM4Nzk0MzkVAgASGBQzQTU2MjZEMDBGRkE3MENEMDE0RQA=", 1744344496, sheena,
		desk.Arrival{Kind: desk.LocationMessage, Fallback: "[location] Philz Coffee, 101 Forest Ave, Palo Alto, CA 94301 (37.442215, -122.161659)",
			Detail: desk.Detail{Location: desk.Location{Latitude: "37.442215", Longitude: "-122.161659", Name: "Philz Coffee",
				Address: "101 Forest Ave, Palo Alto, CA 94301", URL: "https://philzcoffee.com/"}}}),
	"meta-webhook-order-message.json": arrives(metaNumber, "wamid.HBgLMTY1MDM4Nzk0MzkVAgASGBQzQTEyQjFGNzI1QTQxMjI5QTMyOQA=", 1750096325, sheena,
		desk.Arrival{Kind: desk.OrderMessage, Fallback: "[order] 2 items",
			Detail: desk.Detail{Order: desk.Order{Catalog: "194836987003835", Items: []desk.OrderItem{
				{Product: "di9ozbzfi4", Quantity: "2", Price: "30", Currency: "USD"},
				{Product: "nqryix03ez", Quantity: "1", Price: "25", Currency: "USD"}}}}}),
	"meta-webhook-reaction-message.json": {event: channel.Event{Remark: &desk.Remark{Channel: desk.WhatsApp, Account: metaNumber,
		About: "wamid.HBgLMTY1MDM4Nzk0MzkVAgARGBI0RTJEOTc2ODVERUY5RDlGNkYA", Kind: desk.RemarkReaction, At: unix(1749419544),
		Customer: sheena, Text: "👍"}}},
	"meta-webhook-system-message.json": arrives(metaNumber, "wamid.HBgLMTk4MzU1NTE5NzQVAgASGAoxMTgyMDg2MjY3AA==", 1750269342,
		desk.Customer{Phone: "+12195555358", Addresses: []desk.Address{phone("12195555358"), phone("16505551234")}},
		desk.Arrival{Kind: desk.SystemMessage, Fallback: "[system] User Sheena Nelson changed from 16505551234 to 12195555358"}),
	"meta-webhook-text-message-from-click-to-whatsapp-ad.json": arrives(metaNumber, "wamid.HBgLMTY1MDM4Nzk0MzkVAgASGBQzQUQ0N0VFMDA2MTQ0RkJFNkNDNAA=", 1750275992, sheena,
		desk.Arrival{Kind: desk.TextMessage, Text: "Hello! Can I get more info on this?", Entrance: desk.Entrance{Ref: "120226305854810726"},
			Detail: desk.Detail{Referral: desk.Referral{Source: "ad", ID: "120226305854810726", URL: "https://fb.me/3cr4Wqqkv", Headline: "Chat with us",
				Body:  "Summer Succulents are here!",
				Click: "Aff-n8ZTODiE79d22KtAwQKj9e_mIEOOj27vDVwFjN80dp4_0NiNhEgpGo0AHemvuSoifXaytfTzcchptiErTKCqTrJ5nW1h7IHYeYymGb5K5J5iTROpBhWAGaIAeUzHL50"}}}),
	"meta-webhook-text-message-with-context-product-inquiry.json": arrives(metaNumber, "wamid.HBgLMTY1MDM4Nzk0MzkVAgASGBQzQTA2NTUwRkNEMDdFQjJCRUU0NQA=", 1750016800, sheena,
		desk.Arrival{Kind: desk.TextMessage, Text: "Is this still available?", ReplyTo: "wamid.HBgLMTY1MDM4Nzk0MzkVAgARGA9wcm9kdWN0X2lucXVpcnkA",
			Detail: desk.Detail{Product: desk.Product{Catalog: "194836987003835", ID: "di9ozbzfi4"}}}),
	"meta-webhook-text-message.json": arrives(metaNumber, metaMessage, 1749416383, sheena,
		desk.Arrival{Kind: desk.TextMessage, Text: "Does it come in another color?"}),
	"meta-webhook-unsupported-message.json": arrives(metaNumber, "wamid.HBgLMTQyMDU1NTA3NDkVAgASGBI5N0MwRjg0RTVBNUI1RDA2OTkA", 1750090702, sheena,
		desk.Arrival{Kind: desk.UnsupportedMessage, Fallback: "[unsupported message]"}),

	"restfb-webhook-incoming-message-ads.json": arrives(restNumber, restMessage, 1653253313, testUser, // its URL is a placeholder
		desk.Arrival{Kind: desk.TextMessage, Text: "Test", Entrance: desk.Entrance{Ref: "ADID"},
			Detail: desk.Detail{Referral: desk.Referral{Source: "ad", ID: "ADID", Headline: "AD_TITLE", Body: "AD_DESCRIPTION"}}}),
	"restfb-webhook-incoming-message-button.json": arrives(restNumber, restMessage, 1653253313, testUser,
		desk.Arrival{Kind: desk.ReplyMessage, Text: "No", Fallback: "[reply] No", ReplyTo: "wamid.ID",
			Detail: desk.Detail{Choice: desk.Selection{ID: "No-Button-Payload", Title: "No"}}}),
	"restfb-webhook-incoming-message-contacts.json": arrives(restNumber2, restMessage2, 1701168528, john,
		desk.Arrival{Kind: desk.ContactsMessage, Fallback: "[contact] j_doe", Detail: desk.Detail{Cards: []desk.Card{{Name: "j_doe"}}}}),
	"restfb-webhook-incoming-message-document.json": arrives(restNumber, restMessage, 1653253313, testUser, // its backslashes are doubled
		desk.Arrival{Kind: desk.DocumentMessage, Text: "RESTFB ANNIVERSARY", Fallback: "[document] RESTFB ANNIVERSARY.zip, RESTFB ANNIVERSARY",
			Detail: desk.Detail{Attachments: []desk.Attachment{{Kind: desk.DocumentMessage, MediaID: "4937353526352", MimeType: `application\/zip`,
				SHA256: `FzonbuoHILCEbNUvfvddy77Ef\/vLBuZvfrM8W2kd4srXrk=`, Name: "RESTFB ANNIVERSARY.zip"}}}}),
	"restfb-webhook-incoming-message-error.json": arrives(restNumber, restMessage, 1653253313, testUser,
		desk.Arrival{Kind: desk.UnsupportedMessage, Fallback: "[unsupported message]"}),
	"restfb-webhook-incoming-message-interactive-btn.json": arrives(restNumber, restMessage, 1653253313, testUser,
		desk.Arrival{Kind: desk.ReplyMessage, Text: "button-text", Fallback: "[reply] button-text",
			Detail: desk.Detail{Choice: desk.Selection{ID: "unique-button-identifier-here", Title: "button-text"}}}),
	"restfb-webhook-incoming-message-location.json": arrives(restNumber, restMessage, 1653253313, testUser, // its backslashes are doubled
		desk.Arrival{Kind: desk.LocationMessage, Fallback: `[location] Saarbr\u00fccken, Saarbr\u00fccken (49.23494, 6.99936)`,
			Detail: desk.Detail{Location: desk.Location{Latitude: "49.23494", Longitude: "6.99936", Name: `Saarbr\u00fccken`, Address: `Saarbr\u00fccken`}}}),
	"restfb-webhook-incoming-message-status-errors.json": {event: channel.Event{Status: &desk.Status{Channel: desk.WhatsApp, Account: "REDACTED",
		ProviderID: "wamid.HBgLMzI0NzY3NTUzNzYVAgARGBIzOTI2MzFGRjdBRjA4M0Y2RDQA", State: desk.MessageFailed, At: unix(1698231447),
		Problem: desk.Problem{Code: "undeliverable", Advice: "The channel cannot reach this customer, who may have left it or may not accept your messages."}}}},
	"restfb-webhook-incoming-message-status-ui.json": {event: channel.Event{Status: &desk.Status{Channel: desk.WhatsApp, Account: restNumber,
		ProviderID: "wamid.ID", State: desk.MessageSent, At: parsed}}},
	"restfb-webhook-incoming-message-system-bsuid.json": arrives(metaNumber, metaMessage, 1749416383,
		desk.Customer{Addresses: []desk.Address{user("US.13491208655302741918"), user("US.10101010101010101010")}},
		desk.Arrival{Kind: desk.SystemMessage, Fallback: "[system] The customer has a new ID at the channel"}),
	"restfb-webhook-incoming-message-text-bsuid.json": leftOut("group_message", ""),
	"restfb-webhook-incoming-message-unsupported.json": arrives(restNumber2, restMessage2, 1701868892, john,
		desk.Arrival{Kind: desk.UnsupportedMessage, Fallback: "[unsupported message]"}),
	"restfb-webhook-messageTemplateStatusUpdate-approved.json": leftOut("template_update", "message_template_status_update"),
	"restfb-webhook-userIdUpdate.json": {event: channel.Event{Renaming: &desk.Renaming{Channel: desk.WhatsApp, Account: metaNumber,
		Customer: desk.Customer{Name: "Sheena Nelson", Phone: "+16505551234",
			Addresses: []desk.Address{user("US.13491208655302741918"), phone("16505551234"), user("US.10101010101010101010")}},
		At: unix(1749416383)}}},
}
