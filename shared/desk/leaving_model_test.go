package desk

import (
	"pgregory.net/rapid"
)

// cutsShort has a customer leave or be blocked, or an asset be deleted; it is one conversation's part of it.
func (c *centre) cutsShort(t *rapid.T) {
	talk := pick(t, all[Interaction](c), func(i Interaction) bool { return i.State.Open() }).ID
	kind := rapid.SampledFrom([]string{"left", "interrupted", "blocked"}).Draw(t, "what")
	// Who has left may come back, and a block may be taken back: then the same is another move.
	c.try(t, move{name: kind, repeats: true, forever: kind == "interrupted", decide: func() (Change, error) {
		return cut()[kind](c.attended(get[Interaction](c, talk)), c.now)
	}})
}

// queueGoes has the other queue inherit a conversation.
func (c *centre) queueGoes(t *rapid.T) {
	i := pick(t, all[Interaction](c), func(i Interaction) bool { return i.State != InteractionClosed })
	from := Queue{Head: stored(i.Queue, 2), DeletedAt: c.now, Successor: map[string]string{"sales": "tech", "tech": "sales"}[i.Queue]}
	c.try(t, move{name: "Inherit", repeats: true, decide: func() (Change, error) {
		return Inherit(get[Interaction](c, i.ID), from, Queue{Head: stored(from.Successor, 1)}, c.now)
	}})
}

// promisesOfCut: only who has a conversation is told that it is cut short; without an agent it is over.
func (c *centre) promisesOfCut(t *rapid.T, i Interaction) {
	waits := i.State == InteractionQueued || i.State == InteractionOffered
	must(t, !waits || i.pointless() == "", "%s is %s, and nobody can do anything in it: %v", i.ID, i.State, flags(i))
	must(t, (i.State == InteractionClosed || i.State == InteractionWrapUp) == (i.CloseReason != ""), "%s is %s, closed as %q", i.ID, i.State, i.CloseReason)
	if i.State == InteractionActive && i.pointless() != "" {
		_, err := Send(Message{Head: Head{ID: "more"}}, i, Agent{Head: Head{ID: i.Owner}}, Reply{Text: "hola"}, c.now)
		must(t, err != nil, "something can be sent in %s: %v", i.ID, flags(i))
	}
}
