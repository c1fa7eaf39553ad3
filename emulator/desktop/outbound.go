package desktop

import (
	"context"
	"net/http"
	"net/url"

	"github.com/deskline/deskline/shared/api"
)

// Start begins a conversation with a contact under an idempotency key.
func (d *Desktop) Start(ctx context.Context, contact, key string, wish api.NewInteraction) (i api.Interaction, err error) {
	return i, d.Call(ctx, http.MethodPost, "/v1/contacts/"+url.PathEscape(contact)+"/interactions", key, wish, &i)
}

// SendTemplate sends a template in a conversation; id is the desktop's own of the message.
func (d *Desktop) SendTemplate(ctx context.Context, interaction, id string, use api.TemplateUse) (m api.Message, err error) {
	return m, d.Call(ctx, http.MethodPost, of(interaction, "/messages"), "", api.NewMessage{ID: id, Template: use}, &m)
}

// Templates is a page of those that can be sent in a queue's conversations; query has the list's parameters.
func (d *Desktop) Templates(ctx context.Context, queue string, query url.Values) (l api.TemplateList, err error) {
	return l, d.Call(ctx, http.MethodGet, "/v1/queues/"+url.PathEscape(queue)+"/templates?"+query.Encode(), "", nil, &l)
}
