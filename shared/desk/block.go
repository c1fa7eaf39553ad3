package desk

import (
	"slices"
	"time"
	"unicode/utf8"

	"github.com/deskline/deskline/shared/fault"
)

// mayBlock is nil for supervisors, administrators and agents who have, or still wrap up, a conversation with the contact.
func mayBlock(c Contact, by Agent, held []Interaction) error {
	if by.Supervises() || slices.ContainsFunc(held, func(i Interaction) bool { return c.owns(i) && slices.Contains(i.Agents, by.ID) }) {
		return nil
	}
	return fault.New(fault.Denied, "not_your_contact", "it takes a conversation with the contact, or the role supervisor")
}

// Supervises reports whether the agent's roles reach beyond his own conversations.
func (a Agent) Supervises() bool {
	return slices.Contains(a.Roles, RoleSupervisor) || slices.Contains(a.Roles, RoleAdmin)
}

// owns reports whether the interaction was the contact's, or of a contact that he took over.
func (c Contact) owns(i Interaction) bool {
	return i.Contact == c.ID || slices.Contains(c.Others, i.Contact)
}

const reasonMax = 500 // code points of why somebody is blocked

// BlockContact blocks a contact (B14): what he writes from now on is kept and reaches nobody. x is his newest interaction:
// one that no agent has is closed as blocked and its offer rescinded; an agent who has it can send nothing more, and ends
// it. held are the conversations the caller has. Blocking again stores nothing and keeps the first reason; it settles an
// interaction that is still open. Faults: not_your_contact, reason_invalid.
func BlockContact(c Contact, x Attended, by Agent, held []Interaction, reason string, now time.Time) (Change, error) {
	if err := mayBlock(c, by, held); err != nil {
		return Change{}, err
	}
	if reason == "" || utf8.RuneCountInString(reason) > reasonMax {
		return Change{}, fault.New(fault.Invalid, "reason_invalid", "the reason has 1 to %d characters", reasonMax)
	}
	ch := x.shut(by.ID, now)
	ch.Contact = &c
	if c.isBlocked() {
		return ch, nil
	}
	c.Blocked = Block{At: now, By: by.ID, Reason: reason}
	c = c.indexed()
	var page *HistoryPage
	c.History, page = c.History.add(c.ID, now, EventBlocked, by.ID, "")
	ch.Save = append(ch.Save, &c)
	ch.save(page)
	return ch, nil
}

// UnblockContact takes a block back: what the contact writes from now on reaches agents again. An agent who still has his
// conversation can send again. Who is not blocked stays so, and nothing is stored. Faults: not_your_contact.
func UnblockContact(c Contact, x Attended, by Agent, held []Interaction, now time.Time) (Change, error) {
	if err := mayBlock(c, by, held); err != nil {
		return Change{}, err
	}
	i := x.Interaction
	ch := Change{Contact: &c, Interaction: &i}
	if !c.isBlocked() {
		return ch, nil
	}
	var pages [2]*HistoryPage
	c.Blocked = Block{}
	c = c.indexed()
	c.History, pages[0] = c.History.add(c.ID, now, EventUnblocked, by.ID, "")
	ch.Save = append(ch.Save, &c)
	if i.Blocked && i.State == InteractionActive {
		i.Blocked = false
		i = i.timed()
		i, pages[1] = i.noted(now, EventUnblocked, by.ID, "")
		ch.Save = append(ch.Save, &i)
	}
	ch.save(pages[0])
	ch.save(pages[1])
	return ch, nil
}
