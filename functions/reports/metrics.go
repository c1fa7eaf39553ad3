package reports

import (
	"context"
	"slices"
	"time"

	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/fault"
)

// entriesMost is how many entries an answer has at most.
const entriesMost = 5000

// GetMetrics implements the operation of the same name in the contract.
func (h handlers) GetMetrics(ctx context.Context, req api.GetMetricsRequest) (api.MetricsList, error) {
	who, err := caller(ctx)
	if err != nil {
		return api.MetricsList{}, err
	}
	if req.Agent == me {
		req.Agent = who.ID
	}
	own := req.Agent != "" && req.Agent == who.ID
	if !own {
		if _, err := supervisor(ctx); err != nil {
			return api.MetricsList{}, err
		}
	}
	q, err := h.queue(ctx, req.Queue, who, own)
	if err != nil {
		return api.MetricsList{}, err
	}
	p, err := timeOf(req.From, req.To)
	if err != nil {
		return api.MetricsList{}, err
	}
	periods, err := desk.Periods(p.From, p.To, desk.Interval(req.Interval), req.Zone)
	if err != nil {
		return api.MetricsList{}, err
	}
	hours, err := h.counted(ctx, q.ID, p)
	if err != nil {
		return api.MetricsList{}, err
	}
	sums := desk.Summed(hours, periods, req.Agents || req.Agent != "")
	if req.Agent != "" {
		sums = slices.DeleteFunc(sums, func(s desk.Sum) bool { return s.Agent != req.Agent })
	}
	if len(sums) > entriesMost {
		return api.MetricsList{}, fault.New(fault.Invalid, "too_many_entries", "the answer would have %d entries", len(sums))
	}
	names, err := h.names(ctx, sums)
	if err != nil {
		return api.MetricsList{}, err
	}
	list := api.MetricsList{Queue: api.Ref{ID: q.ID, Name: q.Name}, ServiceLevelWithin: q.AnswersWithin().Seconds(), Now: h.Now()}
	for _, s := range sums {
		list.Items = append(list.Items, metrics(s, q.AnswersWithin(), names, list.Now))
	}
	return list, nil
}

// counted is what was counted of the queue in the hours of the time that have begun.
func (h handlers) counted(ctx context.Context, queue string, p desk.Period) ([]desk.Hourly, error) {
	if now := h.Now(); now.Before(p.To) {
		p.To = now.Truncate(time.Hour).Add(time.Hour)
	}
	return h.counter.hours(ctx, queue, desk.HoursOf(p.From, p.To))
}

// names are the names of the agents who have entries; of those who are not on record any more, their IDs.
func (h handlers) names(ctx context.Context, sums []desk.Sum) (map[string]string, error) {
	names := map[string]string{}
	for _, s := range sums {
		if s.Agent != "" {
			names[s.Agent] = s.Agent
		}
	}
	agents := make([]desk.Agent, 0, len(names))
	for id := range names {
		agents = append(agents, desk.Agent{Head: desk.Head{ID: id}})
	}
	recs := make([]desk.Record, len(agents))
	for n := range agents {
		recs[n] = &agents[n]
	}
	if err := h.Store.Reader().Find(ctx, recs...); err != nil {
		return nil, err
	}
	for _, a := range agents {
		if a.Version > 0 {
			names[a.ID] = a.Name
		}
	}
	return names, nil
}

// metrics shows what was counted.
func metrics(s desk.Sum, within time.Duration, names map[string]string, now time.Time) api.Metrics {
	t := s.Tally
	m := api.Metrics{
		From: s.From, To: s.To, Complete: s.Complete(now),
		Entered: t.Entered, Again: t.Again, Started: t.Started, Answered: t.Answered, AnsweredWithin: t.AnsweredWithin(within), AnsweredAgain: t.AnsweredAgain,
		Abandoned: t.Abandoned, AbandonedShort: t.AbandonedWithin(desk.ShortAbandon), AbandonedAgain: t.AbandonedAgain, Left: t.Left, Overflowed: t.Overflowed,
		LongestWait: t.LongestWait.Seconds(), Responded: t.Responded,
		Offers: t.Offers, Accepted: t.Accepted, Declined: t.Declined, RONA: t.RONA, Rescinded: t.Rescinded,
		TransfersToQueues: t.ToQueues, TransfersToAgents: t.ToAgents, TransfersFromQueues: t.FromQueues, TransfersFromAgents: t.FromAgents,
		ConferencesRequested: t.Invited, Conferences: t.Conferences,
		Handled: t.Handled, TalkTime: t.Talk.Seconds(), WrapUpTime: t.WrapUp.Seconds(), Lost: t.Lost, Reopened: t.Reopened,
		Closes: counts(t.Closes), Reasons: counts(t.Reasons),
		ServiceLevel: number(t.ServiceLevel(within)), AbandonmentRate: number(t.AbandonmentRate()), AcceptanceRate: number(t.AcceptanceRate()),
		SpeedOfAnswer: seconds(t.SpeedOfAnswer()), FirstResponse: seconds(t.FirstResponse()), HandleTime: seconds(t.HandleTime()),
	}
	if s.Agent != "" {
		m.Agent = api.Ref{ID: s.Agent, Name: names[s.Agent]}
	}
	return m
}

func counts(list []desk.Count) (out []api.ReasonCount) {
	for _, c := range list {
		out = append(out, api.ReasonCount{Reason: c.Reason, Name: c.Name, SubReason: c.Sub, SubReasonName: c.SubName, Count: c.N})
	}
	return out
}

func number(x float64, ok bool) *float64 {
	if !ok {
		return nil
	}
	return &x
}

func seconds(d time.Duration, ok bool) *float64 { return number(d.Seconds(), ok) }
