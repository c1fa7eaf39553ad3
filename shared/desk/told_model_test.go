package desk

import (
	"fmt"
	"reflect"
	"slices"
	"time"

	"pgregory.net/rapid"
)

// What channels tell besides messages, in the model centre.

// person is a customer of one asset, as the model knows him.
type person struct {
	queue string
	who   int
}

// addresses are all that are his.
func (p person) addresses() []Address {
	return []Address{{Kind: AddressPhone, Value: fmt.Sprint(phone.Value, p.who)}, {Kind: AddressUserID, Value: fmt.Sprint(userID.Value, p.who)}}
}

func (p person) asset() Asset {
	return Asset{Head: stored(AssetID(WhatsApp, p.queue), 1), Channel: WhatsApp, Account: p.queue, Queue: p.queue}
}

func (c *centre) person(t *rapid.T) person {
	return person{queue: rapid.SampledFrom([]string{"sales", "tech"}).Draw(t, "queue"), who: rapid.IntRange(0, 2).Draw(t, "customer")}
}

// known reads who somebody with the addresses is.
func (c *centre) known(p person, addresses []Address) Known {
	k := Known{Asset: p.asset()}
	for _, a := range addresses {
		k.Identities = append(k.Identities, get[Identity](c, IdentityID([]byte("key"), k.Asset.ID, a)))
	}
	c.whose(&k)
	return k
}

// isOne notes that the channel told all of somebody's addresses together.
func (c *centre) isOne(p person, addresses []Address) {
	if len(addresses) == len(p.addresses()) {
		c.one[p] = true
	}
}

// customerLeaves has the channel tell that a customer left; one who has written since has come back.
func (c *centre) customerLeaves(t *rapid.T) {
	p := c.person(t)
	at := c.now
	c.try(t, move{name: "Leave", repeats: true, decide: func() (Change, error) {
		k := c.known(p, p.addresses()[:1])
		if k.Interaction.Version == 0 || at.Before(k.Interaction.LastCustomerAt) {
			return Change{}, nil
		}
		return Leave(c.attended(k.Interaction), c.now)
	}})
}

// attended reads what the store reads for a conversation that is cut short.
func (c *centre) attended(i Interaction) Attended {
	x := quiet(i)
	if ringing := i.Rings(); ringing != "" {
		x.Offer = get[Offer](c, ringing)
		x.Agent = get[Agent](c, x.Offer.Agent)
	}
	return x
}

// customerIsBlocked blocks a contact, or takes the block back.
func (c *centre) customerIsBlocked(t *rapid.T) {
	p := c.person(t)
	block := rapid.Bool().Draw(t, "block")
	by := Agent{Head: Head{ID: "boss"}, Roles: []string{RoleSupervisor}}
	c.try(t, move{name: "BlockContact", repeats: true, decide: func() (Change, error) {
		k := c.known(p, p.addresses()[:1])
		if k.Contact.Version == 0 {
			return Change{}, nil
		}
		if block {
			return BlockContact(k.Contact, c.attended(k.Interaction), by, nil, "spam", c.now)
		}
		return UnblockContact(k.Contact, c.attended(k.Interaction), by, nil, c.now)
	}})
}

func (c *centre) customerIsRenamed(t *rapid.T) {
	p := c.person(t)
	told := Renaming{Channel: WhatsApp, Account: p.queue, At: c.now, Customer: Customer{Addresses: p.addresses()}}
	c.try(t, move{name: "Rename", repeats: true, forever: true,
		decide: func() (Change, error) { return Rename(told, c.known(p, told.Customer.Addresses), c.now) },
		saved:  func(Change) { c.isOne(p, told.Customer.Addresses) }})
}

func (c *centre) customerPrefers(t *rapid.T) {
	p := c.person(t)
	told := Preference{Channel: WhatsApp, Account: p.queue, At: c.now, Marketing: rapid.Bool().Draw(t, "marketing"), Customer: Customer{Addresses: p.addresses()[1:]}}
	id := c.name("contact")
	c.try(t, move{name: "Prefer", repeats: true, forever: true,
		decide: func() (Change, error) { return Prefer(told, c.known(p, told.Customer.Addresses), id, c.now) }})
}

// customerRemarks does something to a message that is there, or to one that is still to come.
func (c *centre) customerRemarks(t *rapid.T) {
	r := Remark{Channel: WhatsApp, Account: rapid.SampledFrom([]string{"sales", "tech"}).Draw(t, "queue"), At: c.now.Truncate(time.Second),
		Kind: rapid.SampledFrom([]RemarkKind{RemarkEdit, RemarkRevoke, RemarkReaction}).Draw(t, "remark"),
		Text: rapid.SampledFrom([]string{"", "👍", "adiós"}).Draw(t, "text"), Elsewhere: rapid.IntRange(0, 4).Draw(t, "the business's") == 0}
	there := slices.DeleteFunc(all[Message](c), func(m Message) bool { return m.ProviderID == "" || m.Asset != AssetID(WhatsApp, r.Account) })
	if len(there) > 0 && rapid.IntRange(0, 3).Draw(t, "still to come") > 0 {
		r.About = there[rapid.IntRange(0, len(there)-1).Draw(t, "message")].ProviderID
	} else {
		r.About = c.name("wamid")
		c.coming = append(c.coming, r)
	}
	c.try(t, c.remark(r))
}

// remark does what the function does: what nobody knows has a stub made or, when it is a reaction, waits.
func (c *centre) remark(r Remark) move {
	asset := AssetID(WhatsApp, r.Account)
	return move{name: "Annotate", repeats: true, forever: r.Kind != RemarkReaction, decide: func() (Change, error) { // a reaction may still wait
		m := c.spoken(r.Account, r.About)
		if m.Version == 0 && r.Kind == RemarkReaction {
			return KeepRemark(get[Receipt](c, ReceiptID(WhatsApp, r.Account, r.About)), asset, r, c.now)
		}
		return Annotate(r, asset, m, get[Interaction](c, m.Interaction), c.now)
	}}
}

// spoken reads the message the channel knows under an ID.
func (c *centre) spoken(account, id string) Message {
	m := get[Message](c, ArrivalID(WhatsApp, account, id))
	if m.Version > 0 {
		return m
	}
	for _, out := range outbound(c) {
		if out.ProviderID == id && out.Asset == AssetID(WhatsApp, account) {
			return get[Message](c, out.ID)
		}
	}
	return m
}

// isMet looks whether the message that a receipt waits for is there.
func (c *centre) isMet(receipt string) move {
	return move{name: "Meet", decide: func() (Change, error) {
		r := get[Receipt](c, receipt)
		if r.Version == 0 || c.now.Before(r.DueAt) {
			return Change{}, nil
		}
		return Meet(r, c.spoken(r.Asset[len("whatsapp:"):], r.About), true, c.now)
	}}
}

// arriving is the ID of the next message: mostly a new one, else one that was remarked on before it came.
func (c *centre) arriving(t *rapid.T, account string) string {
	for n, r := range c.coming {
		if r.Account == account && rapid.Bool().Draw(t, "it has come") {
			c.coming = slices.Delete(slices.Clone(c.coming), n, n+1)
			return r.About
		}
	}
	return c.name("wamid")
}

// stepTalk looks at a conversation's way from one version to the next.
func (c *centre) stepTalk(t *rapid.T, m move, was, r Interaction) {
	if was.State == InteractionClosed {
		shown := was
		shown.Version, shown.Preview = r.Version, r.Preview
		kept := was.CloseReason == ClosedBlocked && m.name == "Receive" || (m.name == "SubmitWrapUp" || m.name == "elapse") && len(owedLegs(r)) == len(owedLegs(was))-1 ||
			m.name == "ExtendWrapUp" && len(owedLegs(r)) > 0
		later := was.CloseReason == ClosedEnded && (r.Afterword != was.Afterword || r.FollowedBy != was.FollowedBy)
		must(t, r.State == InteractionClosed && r.CloseReason == was.CloseReason && r.Wants == "" && (later || r.Unread == was.Unread), "%s reopens a closed conversation", m.name)
		must(t, kept || later || m.name == "Annotate" && unaltered(reflect.ValueOf(copied(r)), reflect.ValueOf(copied(shown))), "%s changes a closed conversation", m.name)
	}
	must(t, was.Afterword == "" || r.Afterword == was.Afterword, "%s: the word after the end is another", m.name)
	must(t, was.FollowedBy == "" || r.FollowedBy == was.FollowedBy, "%s: another conversation follows", m.name)
	must(t, was.State != InteractionWrapUp || !r.State.Open(), "%s reopens an ended conversation", m.name)
	must(t, r.Seq >= was.Seq, "%s: messages are forgotten", m.name)
	must(t, r.History.Last >= was.History.Last, "%s: history goes back", m.name)
	must(t, len(r.Legs) >= len(was.Legs), "%s: a leg is forgotten", m.name)
	for n, l := range was.Legs {
		settled := l.WrapUp.State != "" && l.WrapUp.State != WrapUpOwed
		must(t, !settled || r.Legs[n].WrapUp == l.WrapUp, "%s: a wrap-up that was settled is another", m.name)
	}
}

// stepMessage looks at a message's way from one version to the next.
func (c *centre) stepMessage(t *rapid.T, m move, was, r Message) {
	must(t, r.State.rank() >= was.State.rank(), "%s: the %s message is now %s", m.name, was.State, r.State)
	must(t, was.Reaction == r.Reaction || !r.ReactedAt.Before(was.ReactedAt), "%s: an older reaction holds", m.name)
	must(t, was.RevokedAt.IsZero() || was.Elsewhere != r.Elsewhere || r.RevokedAt.Equal(was.RevokedAt) && r.Text == "", "%s: what was taken back is there again", m.name)
	if was.Stub {
		return
	}
	must(t, !r.Stub && r.Seq == was.Seq && r.Interaction == was.Interaction, "%s moves a message", m.name)
	must(t, !r.EditedAt.Before(was.EditedAt) || !r.RevokedAt.IsZero(), "%s: an older wording holds", m.name)
	if m.name != "Annotate" {
		must(t, r.Text == was.Text, "%s rewrites a message", m.name)
		must(t, r.Direction == Outbound || m.name == "Meet", "%s changes what a customer wrote", m.name)
	}
	must(t, r.Direction == Inbound || r.Elsewhere || r.Text == was.Text, "%s: what we sent is rewritten", m.name)
}

// promisesOfPeople: once a customer's addresses were told together he is one contact; and a contact that was taken over leads
// to one that was not.
func (c *centre) promisesOfPeople(t *rapid.T) {
	for p := range c.one {
		var whose []string
		for _, a := range p.addresses() {
			id := see[Identity](c, IdentityID([]byte("key"), p.asset().ID, a))
			must(t, id.Version > 0, "%v is not on record", a)
			one := see[Contact](c, id.Contact)
			for range len(c.recs) {
				if one.Into == "" {
					break
				}
				taken := see[Contact](c, one.Into)
				must(t, slices.Contains(taken.Others, one.ID), "%s does not know that it took over %s", taken.ID, one.ID)
				one = taken
			}
			must(t, one.Into == "", "contacts take over each other in a circle")
			must(t, slices.Contains(one.Customer.Addresses, a), "%s cannot be reached at %v", one.ID, a)
			whose = append(whose, one.ID)
		}
		must(t, whose[0] == whose[1], "%v are contacts of one person", whose)
	}
	for _, i := range all[Interaction](c) {
		must(t, i.CloseReason != ClosedBlocked || i.State == InteractionClosed, "%s is %s, and closed as blocked", i.ID, i.State)
	}
}
