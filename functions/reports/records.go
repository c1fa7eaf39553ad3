package reports

import (
	"context"
	"slices"

	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/api/view"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/fault"
	"github.com/deskline/deskline/shared/store"
)

// ListContactRecords implements the operation of the same name in the contract.
func (h handlers) ListContactRecords(ctx context.Context, req api.ListContactRecordsRequest) (api.ContactRecordList, error) {
	who, err := supervisor(ctx)
	if err != nil {
		return api.ContactRecordList{}, err
	}
	q, err := h.queue(ctx, req.Queue, who, false)
	if err != nil {
		return api.ContactRecordList{}, err
	}
	p, err := timeOf(req.From, req.To)
	if err != nil {
		return api.ContactRecordList{}, err
	}
	after, err := view.ParsePlace(req.Cursor)
	if err != nil {
		return api.ContactRecordList{}, err
	}
	hours := desk.HoursOf(p.From, p.To)
	if len(hours) > store.MarksMax {
		return api.ContactRecordList{}, fault.New(fault.Invalid, "time_too_long", "a list goes over at most %d hours", store.MarksMax)
	}
	marks := make([]string, len(hours))
	for n, hour := range hours {
		marks[n] = desk.LedgerMark(q.ID, hour)
	}
	r := h.Store.Reader()
	found, err := r.InLedgers(ctx, marks, req.Limit+1, after.Spot())
	if err != nil {
		return api.ContactRecordList{}, err
	}
	list := api.ContactRecordList{Now: h.Now()}
	found, list.Next = view.Page(found, req.Limit, func(i desk.Interaction) view.Place { return view.Place{At: i.OpenedAt, Key: i.ID} })
	accounts, err := r.Accounts(ctx, found)
	if err != nil {
		return api.ContactRecordList{}, err
	}
	for n, i := range found {
		if accounts[n].Happened(q.ID, p) {
			list.Items = append(list.Items, record(i, accounts[n]))
		}
	}
	return list, nil
}

// GetContactRecord implements the operation of the same name in the contract.
func (h handlers) GetContactRecord(ctx context.Context, req api.GetContactRecordRequest) (api.ContactRecord, error) {
	who, err := supervisor(ctx)
	if err != nil {
		return api.ContactRecord{}, err
	}
	r := h.Store.Reader()
	i := desk.Interaction{Head: desk.Head{ID: req.Interaction}}
	if err := r.Load(ctx, &i); err != nil {
		return api.ContactRecord{}, err
	}
	if err := h.mayRead(ctx, i, who); err != nil {
		return api.ContactRecord{}, err
	}
	moves, err := r.Histories(ctx, []desk.Interaction{i})
	if err != nil {
		return api.ContactRecord{}, err
	}
	out := record(i, desk.AccountOf(i, moves[0]))
	for _, e := range moves[0] {
		out.Moves = append(out.Moves, api.Move{Seq: e.Seq, At: e.At, Event: e.Event, By: e.By, Detail: e.Detail})
	}
	return out, nil
}

// mayRead is nil for who oversees a queue that the interaction is or was in; otherwise it is the fault not_your_queue.
func (h handlers) mayRead(ctx context.Context, i desk.Interaction, who desk.Agent) error {
	queues, err := h.Store.Queues(ctx)
	if err != nil {
		return err
	}
	n := slices.IndexFunc(queues, func(q desk.Queue) bool { return (q.ID == i.Queue || i.MarkedIn(q.ID)) && who.Oversees(q) })
	if n >= 0 {
		return nil
	}
	return desk.MayOversee(who, desk.Queue{Head: desk.Head{ID: i.Queue}})
}

// record shows a contact record without its moves.
func record(i desk.Interaction, a desk.Account) api.ContactRecord {
	out := api.ContactRecord{
		Interaction: i.ID, Version: i.Version, State: api.InteractionState(i.State), Channel: api.Channel(i.Channel), Queue: i.Queue,
		Contact: i.Contact, OpenedAt: i.OpenedAt, ClosedAt: i.ClosedAt, CloseReason: i.CloseReason, FollowedBy: i.FollowedBy,
	}
	if s := a.Started; s.By != "" {
		out.Started = api.RecordStart{Queue: s.Queue, Agent: s.By, At: s.At}
	}
	if s := a.Responded; s.Agent != "" {
		out.Responded = api.RecordResponse{Queue: s.Queue, Agent: s.Agent, At: s.At, After: s.After.Seconds()}
	}
	for _, w := range a.Waits {
		out.Waits = append(out.Waits, api.RecordWait{Queue: w.Queue, Cause: string(w.Cause), First: w.First, From: w.From, To: w.To,
			End: string(w.End), Agent: w.Agent, Lost: w.Lost})
	}
	for _, o := range a.Asked {
		out.Offers = append(out.Offers, api.RecordOffer{Queue: o.Queue, Agent: o.Agent, Kind: api.OfferKind(o.Kind), Why: o.Why, At: o.At,
			State: api.OfferState(o.End), To: o.To})
	}
	for _, l := range a.Legs {
		out.Legs = append(out.Legs, leg(l))
	}
	for _, t := range a.Transfers {
		out.Transfers = append(out.Transfers, api.RecordTransfer{Queue: t.Queue, By: t.By, ToQueue: t.ToQueue, ToAgent: t.ToAgent, At: t.At})
	}
	for _, v := range a.Invited {
		out.Conferences = append(out.Conferences, api.RecordConference{Queue: v.Queue, By: v.By, To: v.To, At: v.At, Joined: v.Joined, JoinedAt: v.Came})
	}
	return out
}

func leg(l desk.Leg) api.RecordLeg {
	w := l.WrapUp
	out := api.RecordLeg{Queue: l.Queue, Agent: api.Ref{ID: l.Agent, Name: l.Name}, Seat: string(l.Seat), From: l.From, To: l.To, WrapUp: string(w.State),
		Reason: w.Reason, ReasonName: w.ReasonName, SubReason: w.SubReason, SubReasonName: w.SubReasonName}
	if w.State != desk.WrapUpOwed {
		out.SettledAt = w.At
	}
	return out
}
