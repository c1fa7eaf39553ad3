package desktop

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/api/view"
	"github.com/deskline/deskline/shared/auth"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/fault"
	"github.com/deskline/deskline/shared/fold"
)

// templatesKey begins the keys in the cursors of lists of templates.
const templatesKey = "t-"

// ListTemplates implements the operation of the same name in the contract. A queue's templates are few and from the cache, so
// they are searched and paged here.
func (h handlers) ListTemplates(ctx context.Context, req api.ListTemplatesRequest) (api.TemplateList, error) {
	who, err := auth.Agent(ctx)
	if err != nil {
		return api.TemplateList{}, err
	}
	after, err := h.afterTemplate(ctx, req, who)
	if err != nil {
		return api.TemplateList{}, err
	}
	all, err := h.Store.Templates(ctx, req.Queue)
	if err != nil {
		return api.TemplateList{}, err
	}
	all = slices.SortedFunc(slices.Values(all), func(x, y desk.Template) int { return cmp.Compare(x.ID, y.ID) })
	text := fold.Text(req.Q)
	list := api.TemplateList{Now: h.Now()}
	for _, t := range all {
		if t.ID <= after || !strings.Contains(fold.Text(t.Name), text) && !strings.Contains(fold.Text(t.Body), text) {
			continue
		}
		if len(list.Items) == req.Limit {
			list.Next = view.Place{At: epoch, Key: templatesKey + list.Items[req.Limit-1].ID}.String()
			break
		}
		places, _ := desk.Places(t.Body)
		list.Items = append(list.Items, api.Template{ID: t.ID, Name: t.Name, Channel: api.Channel(t.Channel), Language: t.Language,
			Header: t.Header, Body: t.Body, Footer: t.Footer, Places: places})
	}
	return list, nil
}

// afterTemplate is the ID behind which the page begins, when the caller may see the queue's templates: he is of its team, or
// more than an agent.
func (h handlers) afterTemplate(ctx context.Context, req api.ListTemplatesRequest, who auth.Person) (string, error) {
	q, err := h.Store.Queue(ctx, req.Queue)
	switch {
	case err != nil:
		return "", err
	case q.Deleted():
		return "", fault.New(fault.Missing, "queue_missing", "there is no such queue")
	case !slices.Contains(who.Teams, q.Team) && !(desk.Agent{Roles: who.Roles}).Supervises():
		return "", fault.New(fault.Denied, "not_your_queue", "you are not in the team of the queue")
	}
	from, err := view.ParsePlace(req.Cursor)
	if err != nil || req.Cursor == "" {
		return "", err
	}
	id, ok := strings.CutPrefix(from.Key, templatesKey)
	if !ok {
		return "", view.BadCursor()
	}
	return id, nil
}
