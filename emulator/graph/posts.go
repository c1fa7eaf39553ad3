package graph

// keptPosts is how many of a number's or page's latest webhook calls Repost can repeat.
const keptPosts = 10_000

// posts are the bodies of webhook calls by the messages in them, the latest ones.
type posts struct {
	body  map[string][]byte
	order []string
}

func (p *posts) keep(ids []string, body []byte) {
	for _, id := range ids {
		if _, again := p.body[id]; !again {
			p.order = append(p.order, id)
		}
		p.body[id] = body
	}
	for len(p.order) > keptPosts {
		delete(p.body, p.order[0])
		p.order = p.order[1:]
	}
}
