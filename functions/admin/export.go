package admin

import (
	"bytes"
	"cmp"
	"net/http"
	"slices"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/auth"
	"github.com/deskline/deskline/shared/desk"
)

// ExportCentre implements the operation of the same name in the contract.
func (h handlers) ExportCentre(w http.ResponseWriter, r *http.Request, _ api.ExportCentreRequest) error {
	if _, err := auth.Require(r.Context(), auth.RoleAdmin); err != nil {
		return err
	}
	now, err := read(r.Context(), h.Store.Reader())
	if err != nil {
		return err
	}
	text, err := export(now.have)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/yaml")
	w.Header().Set("ETag", api.ETag(now.History.Last))
	_, _ = w.Write(text) // the caller is gone: nobody is left to tell
	return nil
}

// The file as it is written. What is not said has its default.
type (
	written struct {
		Settings writtenSettings  `yaml:",omitempty"`
		Clients  []writtenClient  `yaml:",omitempty"`
		Projects []writtenProject `yaml:",omitempty"`
		Teams    []writtenName    `yaml:",omitempty"`
		Queues   []writtenQueue   `yaml:",omitempty"`
		Assets   []writtenAsset   `yaml:",omitempty"`
		Agents   []writtenAgent   `yaml:",omitempty"`
	}
	writtenClient struct {
		ID                   string
		Name                 string
		HistoryConversations int `yaml:"historyConversations,omitempty"`
	}
	writtenName struct {
		ID   string
		Name string
	}
	writtenProject struct {
		ID     string
		Name   string
		Client string
	}
	writtenQueue struct {
		ID           string
		Name         string
		Project      string
		Team         string
		OfferTimeout string            `yaml:"offerTimeout"`
		HistoryHours int               `yaml:"historyHours,omitempty"`
		Attachments  bool              `yaml:",omitempty"`
		AutoAccept   bool              `yaml:"autoAccept,omitempty"`
		WrapUpLimit  string            `yaml:"wrapUpLimit,omitempty"`
		WrapUpReason string            `yaml:"wrapUpReason,omitempty"`
		Inactivity   writtenSilence    `yaml:",omitempty"`
		Variables    []writtenVariable `yaml:",omitempty"`
		Assets       []string          `yaml:",omitempty"`
		Unanswered   string            `yaml:"unansweredTransfer,omitempty"`

		ConferenceWait string `yaml:"conferenceWait,omitempty"`
		ExclusiveWait  string `yaml:"exclusiveWait,omitempty"`
		PreviousHours  int    `yaml:"previousHours,omitempty"`
		Afterword      string `yaml:",omitempty"`
		ServiceLevel   string `yaml:"serviceLevel,omitempty"`

		Profiles      []writtenProfile `yaml:",omitempty"`
		Priority      int              `yaml:",omitempty"`
		PriorityBoost string           `yaml:"priorityBoost,omitempty"`
		Strategy      string           `yaml:",omitempty"`
		Hours         writtenHours     `yaml:",omitempty"`
		WhenClosed    string           `yaml:"whenClosed,omitempty"`
		Overflow      string           `yaml:",omitempty"`
		MaxWait       string           `yaml:"maxWait,omitempty"`

		Texts        writtenTexts   `yaml:",omitempty"`
		Translations []writtenTexts `yaml:",omitempty"`

		Reasons   []writtenReason   `yaml:",omitempty"`
		Templates []writtenTemplate `yaml:",omitempty"`
	}
	writtenSilence struct {
		WarnAfter  string `yaml:"warnAfter,omitempty"`
		CloseAfter string `yaml:"closeAfter,omitempty"`
	}
	writtenVariable struct {
		ID     string
		Name   string
		Access string
	}
	writtenReason struct {
		ID         string
		Name       string
		Order      int           `yaml:",omitempty"`
		SubReasons []writtenName `yaml:"subReasons,omitempty"`
	}
	writtenAsset struct {
		Channel       string
		Account       string
		Name          string
		Display       string
		Queue         string
		Token         string
		StatusUpdates bool          `yaml:"statusUpdates,omitempty"`
		Rules         []writtenRule `yaml:",omitempty"`
	}
	writtenRule struct {
		On       string
		Value    string
		Queue    string
		Profile  string `yaml:",omitempty"`
		Priority int    `yaml:",omitempty"`
	}
	writtenAgent struct {
		ID       string
		Name     string
		Email    string
		Roles    []string `yaml:",flow"`
		Teams    []string `yaml:",flow,omitempty"`
		Capacity int

		Capacities []writtenCapacity `yaml:",omitempty"`
		Skills     []writtenSkill    `yaml:",omitempty"`
	}
)

// export writes a configuration as a file that gives the same when it is imported. One configuration always gives one
// text: the records of a kind stand in the order of their IDs, reasons and rules in their own.
func export(have desk.Setup) ([]byte, error) {
	have = have.Live()
	out := written{Settings: settingsText(have.Settings)}
	for _, c := range sorted(have.Clients) {
		out.Clients = append(out.Clients, writtenClient{c.ID, c.Name, c.HistoryConversations})
	}
	for _, p := range sorted(have.Projects) {
		out.Projects = append(out.Projects, writtenProject{p.ID, p.Name, p.Client})
	}
	for _, t := range sorted(have.Teams) {
		out.Teams = append(out.Teams, writtenName{t.ID, t.Name})
	}
	reasons := map[string][]desk.Reason{}
	for _, r := range have.Reasons {
		reasons[r.Queue] = append(reasons[r.Queue], r)
	}
	templates := templateTexts(have.Templates)
	for _, q := range sorted(have.Queues) {
		text := queueText(q, reasons[q.ID])
		text.Templates = templates[q.ID]
		out.Queues = append(out.Queues, text)
	}
	for _, a := range sorted(have.Assets) {
		out.Assets = append(out.Assets, assetText(a))
	}
	for _, a := range sorted(have.Agents) {
		out.Agents = append(out.Agents, writtenAgent{a.ID, a.Name, a.Email, a.Roles, a.Teams, a.Capacity,
			capacityTexts(a.Capacities), skillTexts(a.Skills)})
	}
	var text bytes.Buffer
	enc := yaml.NewEncoder(&text)
	enc.SetIndent(2)
	err := enc.Encode(out)
	return text.Bytes(), err
}

func sorted[T any, P interface {
	*T
	desk.Record
}](list []T) []T {
	list = slices.Clone(list)
	slices.SortFunc(list, func(a, b T) int { return cmp.Compare(P(&a).Base().ID, P(&b).Base().ID) })
	return list
}

// queueText writes a queue. A reason says its order where that is not its place in the list; the last one that every queue
// has anyway is left out.
func queueText(q desk.Queue, reasons []desk.Reason) writtenQueue {
	out := writtenQueue{ID: q.ID, Name: q.Name, Project: q.Project, Team: q.Team,
		OfferTimeout: durationText(q.OfferTimeout), HistoryHours: q.HistoryHours, Attachments: q.Attachments, AutoAccept: q.AutoAccept,
		Assets: q.Assets, Unanswered: string(q.Unanswered),

		WrapUpLimit: optional(q.Limits.WrapUp), WrapUpReason: q.WrapUpReason,
		Inactivity: writtenSilence{optional(q.Limits.WarnAfter), optional(q.Limits.CloseAfter)}}
	for _, v := range q.Variables {
		out.Variables = append(out.Variables, writtenVariable{v.ID, v.Name, string(v.Access)})
	}
	if q.ConferenceWait > 0 {
		out.ConferenceWait = durationText(q.ConferenceWait)
	}
	out.PreviousHours, out.ServiceLevel = q.PreviousHours, optional(q.ServiceLevel)
	if q.Afterword != desk.DefaultAfterword {
		out.Afterword = durationText(q.Afterword)
	}
	out.ExclusiveWait = optional(q.ExclusiveWait)
	out.Profiles, out.Priority, out.PriorityBoost, out.Strategy = profileTexts(q.Profiles), q.Priority, optional(q.PriorityBoost), string(q.Strategy)
	out.Hours, out.WhenClosed, out.Overflow, out.MaxWait = hoursText(q.Hours), string(q.WhenClosed), q.Overflow, optional(q.MaxWait)
	out.Texts, out.Translations = textsOf(q)
	slices.SortFunc(reasons, func(a, b desk.Reason) int { return cmp.Compare(reasonPlace(a), reasonPlace(b)) })
	usual := desk.DefaultTransfer(q.ID)
	for _, r := range reasons {
		if r.ID == usual.ID && r.Name == usual.Name && r.Order == usual.Order && len(r.SubReasons) == 0 {
			continue
		}
		w := writtenReason{ID: r.ID, Name: r.Name}
		if r.Order != len(out.Reasons)+1 {
			w.Order = r.Order
		}
		for _, s := range r.SubReasons {
			w.SubReasons = append(w.SubReasons, writtenName{s.ID, s.Name})
		}
		out.Reasons = append(out.Reasons, w)
	}
	return out
}

func assetText(a desk.Asset) writtenAsset {
	out := writtenAsset{Channel: string(a.Channel), Account: a.Account, Name: a.Name, Display: a.Display, Queue: a.Queue,
		Token: a.Token, StatusUpdates: a.StatusUpdates}
	for _, r := range a.Rules {
		out.Rules = append(out.Rules, writtenRule{string(r.On), r.Value, r.Queue, r.Profile, r.Priority})
	}
	return out
}

// optional is a duration as people write it; empty for none.
func optional(d time.Duration) string {
	if d == 0 {
		return ""
	}
	return durationText(d)
}

// durationText is a duration as people write it.
func durationText(d time.Duration) string { return api.Duration(d) }
