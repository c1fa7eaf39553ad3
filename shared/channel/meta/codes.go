package meta

import (
	"net/http"
	"time"

	"github.com/deskline/deskline/shared/desk"
)

// meaning is what an error code of Meta's means to us.
type meaning struct {
	code   string // stable, for desk.Problem
	advice string // what the agent reads
	retry  bool   // the same message may be taken later
	after  time.Duration
	unsure bool // as an answer, the code does not exclude that the message was taken
}

func (m meaning) problem() desk.Problem { return desk.Problem{Code: m.code, Advice: m.advice} }

var (
	meaningToken = meaning{code: "channel_token",
		advice: "The business's access to the channel has expired or was withdrawn. Tell your administrator."}
	meaningPermission = meaning{code: "channel_permission",
		advice: "The business is not allowed to send from this account. Tell your administrator."}
	meaningRejected = meaning{code: "channel_rejected",
		advice: "The channel did not accept this message as it is."}
	meaningWindow = meaning{code: "window_closed",
		advice: "The customer's last message is too long ago for a free answer. Wait until the customer writes again, " +
			"or send a template."}
	meaningUndeliverable = meaning{code: "undeliverable",
		advice: "The channel cannot reach this customer, who may have left it or may not accept your messages."}
	meaningWithheld = meaning{code: "withheld",
		advice: "The channel chose not to deliver this message to this customer."}
	meaningRestricted = meaning{code: "recipient_restricted",
		advice: "The business may not write to this customer: the country or the number is not allowed for its account."}
	meaningFast = meaning{code: "too_fast", retry: true, after: pairPause,
		advice: "Too many messages went to this customer within a few seconds. Wait a moment, then send it again."}
	meaningThroughput = meaning{code: "rate_limited", retry: true, after: throughputPause,
		advice: "The business is sending more messages at once than the channel takes. Wait a moment, then send it again."}
	meaningLimited = meaning{code: "rate_limited", retry: true, after: quotaPause,
		advice: "The business has reached the channel's sending limit. Send the message again in a few minutes."}
	meaningBusy = meaning{code: "channel_busy", retry: true,
		advice: "The channel could not take the message just now."}
	meaningMaintenance = meaning{code: "channel_maintenance", retry: true, after: upgradePause,
		advice: "The business's number is in maintenance at the channel. Send the message again in a few minutes."}
	meaningSpam = meaning{code: "spam_limited",
		advice: "The channel limits this account because earlier messages were blocked or reported. Tell your administrator."}
	meaningLocked = meaning{code: "account_locked",
		advice: "The channel has locked or restricted the business's account. Tell your administrator."}
	meaningPayment = meaning{code: "channel_payment",
		advice: "The business's account at the channel has a payment problem. Tell your administrator."}
	meaningUnregistered = meaning{code: "channel_not_registered",
		advice: "The business's number is not registered at the channel. Tell your administrator."}
	meaningUnsupported = meaning{code: "unsupported_type",
		advice: "The channel cannot carry this kind of message."}
	meaningMedia = meaning{code: "media_failed",
		advice: "The channel could not take over the attached file."}
	meaningUpload = meaning{code: "media_failed", retry: true,
		advice: "The channel could not take over the attached file."}
	meaningTemplate = meaning{code: "template_rejected",
		advice: "The channel did not accept the template or what was filled in. Tell your administrator."}
	meaningElsewhere = meaning{code: "held_elsewhere",
		advice: "Another app of the business has this conversation now. Take it back in that app, or tell your administrator."}
	meaningTrouble = meaning{code: "channel_trouble", unsure: true,
		advice: "The channel had a fault of its own."}
)

// How long the channels want us to wait, where a code says so itself. Sources, all read 2026-11.
const (
	// pairPause is the time between two messages to one customer of WhatsApp's: pair rate limit, 1 message in 6 seconds.
	pairPause = 6 * time.Second
	// throughputPause is the time in which throughput is counted: 80 messages a second and number, 20 where it is used
	// with the WhatsApp Business app too, for 130429; 300 texts a second and page on Messenger. WhatsApp's page on
	// throughput (2026-05-21), Messenger's on rate limits (2026-03-23).
	throughputPause = time.Second
	// quotaPause is short beside the rolling hour or day in which the calls of apps, accounts and pages are counted, for
	// with each minute some of those calls are counted no more. Meta's pages on Graph API rate limits.
	quotaPause = time.Minute
	// upgradePause is the most a number is out of use while WhatsApp raises its throughput, the one planned reason for
	// 131057. WhatsApp's page on throughput (2026-05-21).
	upgradePause = time.Minute
)

// anySub stands in the table for every subcode that has no row of its own.
const anySub = 0

type codes struct{ code, subcode int }

// table says what single codes mean; ranges are in meaningOfCode. Sources: Meta's error code pages of WhatsApp
// (2026-05-15) and Messenger (2026-06-25, and an older one for 1200), read 2026-11.
var table = map[codes]meaning{
	{-1, anySub}: meaningTrouble, // Messenger: internal error
	{0, anySub}:  meaningToken,
	{1, anySub}:  meaningTrouble, // "invalid request or possible server error"
	{2, anySub}:  meaningTrouble,
	{3, anySub}:  meaningPermission,
	{4, anySub}:  meaningLimited,
	{9, anySub}:  meaningLimited, // Messenger: too many actions
	{10, anySub}: meaningPermission,
	{17, anySub}: meaningLimited,
	{32, anySub}: meaningLimited,
	{33, anySub}: meaningUnregistered,

	{10, 1893063}:  meaningLocked, // Messenger: page restricted
	{10, 2018065}:  meaningWindow, // Messenger, as the next four
	{10, 2018108}:  meaningUndeliverable,
	{10, 2018278}:  meaningWindow,
	{10, 2018300}:  meaningElsewhere,
	{10, 2534022}:  meaningWindow,
	{100, anySub}:  meaningRejected,
	{100, 33}:      meaningPermission, // no such object, or the token does not see it
	{100, 2018001}: meaningUndeliverable,
	{100, 2018008}: meaningMedia,
	{100, 2018047}: meaningMedia,
	{100, 2018074}: meaningMedia,
	{100, 2018109}: meaningMedia,
	{100, 2018294}: meaningMedia,
	{100, 2534037}: meaningElsewhere, // not the thread's owner
	{190, anySub}:  meaningToken,
	{200, 1545041}: meaningUndeliverable,
	{368, anySub}:  meaningLocked,
	{551, anySub}:  meaningUndeliverable, // Messenger: person not available
	{613, anySub}:  meaningLimited,
	{613, 2018338}: meaningSpam,

	{1200, anySub}:    meaningBusy, // Messenger: "temporary send message failure"
	{2018300, anySub}: meaningElsewhere,
	{2018321, anySub}: meaningBusy, // Messenger's own questions and answers have the conversation until they end

	{130429, anySub}: meaningThroughput,
	{130472, anySub}: meaningWithheld, // the customer is in an experiment of Meta's
	{130497, anySub}: meaningRestricted,
	{131000, anySub}: meaningTrouble,
	{131005, anySub}: meaningPermission,
	{131008, anySub}: meaningRejected,
	{131009, anySub}: meaningRejected,
	{131016, anySub}: meaningTrouble,
	{131021, anySub}: meaningRejected, // sender and recipient are the same
	{131026, anySub}: meaningUndeliverable,
	{131030, anySub}: meaningRestricted, // a test number, and the recipient is not on its list
	{131031, anySub}: meaningLocked,
	{131042, anySub}: meaningPayment,
	{131045, anySub}: meaningUnregistered,
	{131047, anySub}: meaningWindow,
	{131048, anySub}: meaningSpam, // lasts until the number's quality recovers: trying again makes it worse
	{131049, anySub}: meaningWithheld,
	{131050, anySub}: meaningWithheld, // the customer stopped marketing messages
	{131051, anySub}: meaningUnsupported,
	{131052, anySub}: meaningMedia,
	{131053, anySub}: meaningUpload, // nothing was sent, and the file's server may answer next time
	{131056, anySub}: meaningFast,
	{131057, anySub}: meaningMaintenance,
	{133004, anySub}: meaningTrouble,
	{133010, anySub}: meaningUnregistered,
	{133016, anySub}: meaningUnregistered, // registered and unregistered too often; not possible again for 72 hours
}

// Problem is what one of Meta's error codes means for a message that failed, such as in a WhatsApp status. A code we
// do not know is channel_rejected.
func Problem(code, subcode int) desk.Problem {
	m, ok := meaningOfCode(code, subcode)
	if !ok {
		m = meaningRejected
	}
	return m.problem()
}

func meaningOfCode(code, subcode int) (meaning, bool) {
	if m, ok := table[codes{code, subcode}]; ok {
		return m, true
	}
	if m, ok := table[codes{code, anySub}]; ok {
		return m, true
	}
	switch {
	case code >= 200 && code <= 299:
		return meaningPermission, true
	case code >= 80000 && code <= 80014: // limits by business use case, of which 80007 is WhatsApp's
		return meaningLimited, true
	case code >= 132000 && code <= 132999:
		return meaningTemplate, true
	}
	return meaning{}, false
}

// meaningOf says what an answer with a 4xx status means. The code decides; the status only where there is no code we
// know, because Meta gives 400 to most refusals.
func meaningOf(e *GraphError) meaning {
	if e.Coded {
		if m, ok := meaningOfCode(e.Code, e.Subcode); ok {
			return m
		}
		if e.Transient {
			return meaningBusy
		}
	}
	switch e.Status {
	case http.StatusUnauthorized:
		return meaningToken
	case http.StatusForbidden:
		return meaningPermission
	case http.StatusRequestTimeout: // somebody between us and Meta gave up waiting; for which of the two is not said
		return meaningTrouble
	case http.StatusTooManyRequests: // which limit is not said; the sender's pauses grow by themselves
		return meaningThroughput
	}
	return meaningRejected
}
