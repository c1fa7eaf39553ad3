package messenger

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"strings"

	"github.com/deskline/deskline/shared/channel"
	"github.com/deskline/deskline/shared/channel/meta"
	"github.com/deskline/deskline/shared/desk"
)

// postback adds the tap on a button or a menu entry. One without an ID gets one of sender, time and payload, as Meta
// advises for the versions that gave none (webhook reference, note of 2021-06-08, read 2026-11).
func (r *reading) postback(s scene, p *postback) {
	id := string(p.MID)
	if p.MID == "" {
		id = s.derive(namePostback, p.Payload, p.Title)
	} else if reason := checkID(p.MID); reason != "" {
		r.ignore(reason, namePostback)
		return
	}
	a := s.arrival(id)
	choose(a, meta.Clip(string(p.Title), meta.TextMax), p.Payload)
	a.Fallback = meta.Clip(a.Fallback, meta.TextMax)
	came(a, p.Referral, s.Referral)
	r.add(channel.Event{Arrival: a})
}

// referral adds that the customer came back by a link or an advertisement, without writing.
func (r *reading) referral(s scene, by *referral) {
	a := s.arrival(s.derive(nameReferral, by.Ref, by.Source, by.AdID))
	a.Kind = desk.ReferralMessage
	came(a, s.Referral)
	a.Fallback = meta.Bracket("referral", a.Referral.Source, cmp.Or(a.Referral.Headline, line(meta.Scalar(a.Referral.Ref)), a.Referral.ID))
	r.add(channel.Event{Arrival: a})
}

// refMax is how many bytes of a link's ref are kept; Meta allows 2083 characters. Source: m.me link reference, read
// 2026-11.
const refMax = 4096

// came fills in how the customer came to write, from the first referral there is. Entry rules see the ref, or the
// advertisement where there is no ref.
func came(a *desk.Arrival, referrals ...meta.Maybe[referral]) {
	for _, r := range referrals {
		if r.Value != nil {
			a.Referral, a.Product.ID = r.Value.told(), cmp.Or(a.Product.ID, r.Value.product())
			a.Entrance.Ref = cmp.Or(a.Referral.Ref, bounded(r.Value.AdID))
			return
		}
	}
}

func (r *referral) told() desk.Referral {
	told := desk.Referral{
		Source: strings.ToLower(line(r.Source)),
		Ref:    meta.Clip(string(r.Ref), refMax),
		ID:     bounded(r.AdID),
		URL:    meta.Link(r.Referer),
	}
	if told.Source == "ads" {
		told.Source = "ad"
	}
	if ad := r.Ad.Value; ad != nil {
		told.Headline = line(ad.Title)
		told.ID = cmp.Or(told.ID, bounded(ad.PostID))
	}
	return told
}

// product is the article the customer came from.
func (r *referral) product() string {
	if v := r.Product.Value; v != nil && v.ID != "" {
		return bounded(v.ID)
	}
	if v := r.Ad.Value; v != nil {
		return bounded(v.ProductID)
	}
	return ""
}

// bounded is an ID of something beside the message; one that is too long is left out.
func bounded(id meta.Scalar) string {
	if len(id) > meta.IDMax {
		return ""
	}
	return string(id)
}

// derived begins the IDs we make for what Messenger gives none.
const derived = "derived:"

// derive is an ID for an event without one: the same for every repeat of the event, and another for another customer,
// time or content. Two equal events of one customer at one time are one.
func (s scene) derive(name string, content ...meta.Scalar) string {
	h := sha256.New()
	var size [8]byte
	for _, p := range append([]meta.Scalar{meta.Scalar(name), meta.Scalar(s.customer.Addresses[0].Value), s.stamp}, content...) {
		h.Write(binary.BigEndian.AppendUint64(size[:0], uint64(len(p))))
		h.Write([]byte(p))
	}
	return derived + hex.EncodeToString(h.Sum(nil)[:16])
}
