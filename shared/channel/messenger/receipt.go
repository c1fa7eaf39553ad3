package messenger

import (
	"slices"

	"github.com/deskline/deskline/shared/channel"
	"github.com/deskline/deskline/shared/channel/meta"
	"github.com/deskline/deskline/shared/desk"
)

// delivery adds up to when everything was delivered or, where that is not said, that each named message was.
func (r *reading) delivery(s scene, d *delivery) {
	if r.watermark(s, desk.MessageDelivered, d.Watermark) {
		return
	}
	mids := slices.Compact(slices.Sorted(slices.Values(d.MIDs.Items)))
	if len(mids) == 0 {
		r.ignore(IgnoredWatermark, nameDelivery)
	}
	for _, mid := range mids {
		if reason := checkID(mid); reason != "" {
			r.ignore(reason, nameDelivery)
			continue
		}
		r.add(channel.Event{Status: &desk.Status{
			Channel:    desk.Messenger,
			Account:    s.account,
			ProviderID: string(mid),
			State:      desk.MessageDelivered,
			At:         s.at,
		}})
	}
}

func (r *reading) read(s scene, told *read) {
	if !r.watermark(s, desk.MessageRead, told.Watermark) {
		r.ignore(IgnoredWatermark, nameRead)
	}
}

// watermark adds up to when messages reached the state; false when the stamp is no time. One that lies ahead counts
// for what was sent until now.
func (r *reading) watermark(s scene, state desk.MessageState, stamp meta.Scalar) bool {
	if meta.Timestamp(stamp).IsZero() {
		return false
	}
	r.add(channel.Event{Watermark: &desk.Watermark{
		Channel:  desk.Messenger,
		Account:  s.account,
		Customer: s.customer,
		State:    state,
		UpTo:     meta.At(r.now, stamp),
	}})
	return true
}
