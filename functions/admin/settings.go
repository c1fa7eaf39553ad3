package admin

import (
	"context"
	"slices"
	"time"

	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/desk"
)

// What the settings may hold.
const (
	idleReasonsMax = 100
	idleMin        = time.Minute
	idleMax        = 24 * time.Hour
)

// settings reads what holds for the whole centre.
func (f *file) settings(v value) {
	o := v.object("idleReasons")
	s := desk.Settings{Head: desk.Head{ID: desk.SettingsID}}
	seen := map[string]int{}
	for _, v := range o.key("idleReasons").few(idleReasonsMax, "reasons for being idle") {
		o := v.object("id", "name", "limit")
		one := desk.IdleReason{ID: o.id("reason", seen), Name: o.name("name"), Limit: o.key("limit").duration(idleMin, idleMax, 0)}
		if slices.Contains(desk.IdleReasonsReserved(), one.ID) {
			o.key("id").wrong("the ID %q is reserved", one.ID)
		}
		s.IdleReasons = append(s.IdleReasons, one)
	}
	f.Settings = append(f.Settings, s)
}

// GetSettings implements the operation of the same name in the contract.
func (h handlers) GetSettings(ctx context.Context, _ api.GetSettingsRequest) (api.SettingsRecord, error) {
	rec := desk.Settings{Head: desk.Head{ID: desk.SettingsID}}
	err := h.get(ctx, &rec)
	return settingsView(rec), err
}

// PutSettings implements the operation of the same name in the contract.
func (h handlers) PutSettings(ctx context.Context, req api.PutSettingsRequest) (api.SettingsRecord, error) {
	rec, err := h.put(ctx, key{kind: desk.KindSettings, id: desk.SettingsID}, req.IfMatch, req.IfNoneMatch, req.Body)
	if err != nil {
		return api.SettingsRecord{}, err
	}
	return settingsView(*rec.(*desk.Settings)), nil
}

func settingsView(s desk.Settings) api.SettingsRecord {
	out := api.SettingsRecord{Version: s.Version}
	for _, r := range s.IdleReasons {
		out.IdleReasons = append(out.IdleReasons, api.IdleReason{ID: r.ID, Name: r.Name, Limit: optional(r.Limit)})
	}
	return out
}

// writtenIdleReason is a reason for being idle as a file has it.
type writtenIdleReason struct {
	ID    string
	Name  string
	Limit string `yaml:",omitempty"`
}

func settingsText(list []desk.Settings) (out writtenSettings) {
	for _, s := range list {
		for _, r := range s.IdleReasons {
			out.IdleReasons = append(out.IdleReasons, writtenIdleReason{r.ID, r.Name, optional(r.Limit)})
		}
	}
	return out
}

// writtenSettings is what a file says of the whole centre.
type writtenSettings struct {
	IdleReasons []writtenIdleReason `yaml:"idleReasons,omitempty"`
}
