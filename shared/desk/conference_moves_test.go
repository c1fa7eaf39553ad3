package desk

import "time"

// More of the moves of secondTable: of presence, of talking, and of the customer's.

func absenceMoves() map[string]func(p pair) (Change, error) {
	ten := after(time.Hour)
	gone := func(a Agent) Agent {
		a.State, a.DueAt = AgentOffline, ten
		return a
	}
	return map[string]func(p pair) (Change, error){
		"SetState to idle by Bea": func(p pair) (Change, error) {
			return SetState(p.present(p.bea), StateWish{State: AgentIdle, Reason: "lunch"}, ten)
		},
		"LoseLease by Bea":         func(p pair) (Change, error) { return LoseLease(p.present(p.bea), ten) },
		"SignOut by Bea":           func(p pair) (Change, error) { return SignOut(p.present(p.bea), "desk-1", p.live(p.bea), false, ten) },
		"SignOut by Bea, leaving":  func(p pair) (Change, error) { return SignOut(p.present(p.bea), "desk-1", p.live(p.bea), true, ten) },
		"HandBack of Bea":          func(p pair) (Change, error) { return HandBack(gone(p.bea), p.live(p.bea), ten) },
		"RemoveAgent Bea":          func(p pair) (Change, error) { return RemoveAgent(p.present(p.bea), p.held(p.bea), cleo(), "ada", ten) },
		"RemoveAgent Ana for Cleo": func(p pair) (Change, error) { return RemoveAgent(p.present(p.ana), p.held(p.ana), cleo(), "ada", ten) },
		"RemoveAgent Ana for Bea":  func(p pair) (Change, error) { return RemoveAgent(p.present(p.ana), p.held(p.ana), p.bea, "ada", ten) },
		"SignOut":                  func(p pair) (Change, error) { return SignOut(p.present(p.ana), "desk-1", p.live(p.ana), false, ten) },
		"SignOut handing over":     func(p pair) (Change, error) { return SignOut(p.present(p.ana), "desk-1", p.live(p.ana), true, ten) },
		"LoseLease":                func(p pair) (Change, error) { return LoseLease(p.present(p.ana), ten) },
		"HandBack":                 func(p pair) (Change, error) { return HandBack(gone(p.ana), p.live(p.ana), ten) },
		"HandBack, customer left": func(p pair) (Change, error) {
			p = p.by(func(p pair) (Change, error) { return Leave(p.attended(), ten) })
			return HandBack(gone(p.ana), p.live(p.ana), ten)
		},
		"SignIn again": func(p pair) (Change, error) { return SignIn(p.present(p.ana), "desk-1", AgentAvailable, "", ten) },
	}
}

func talkMoves() map[string]func(p pair) (Change, error) {
	ten := after(time.Hour)
	send := func(by Agent) func(p pair) (Change, error) {
		return func(p pair) (Change, error) { return Send(draft(), p.talk, by, Reply{Text: "hola"}, ten) }
	}
	gives := func(by string) func(p pair) (Change, error) {
		return func(p pair) (Change, error) { return scene{talk: p.talk, agent: p.ana}.toSupport(by) }
	}
	return map[string]func(p pair) (Change, error){
		"Send":            send(ana()),
		"Send by Bea":     send(bea()),
		"Type":            func(p pair) (Change, error) { return Type(p.talk, "ana", ten) },
		"Type by Bea":     func(p pair) (Change, error) { return Type(p.talk, "bea", ten) },
		"MarkRead":        func(p pair) (Change, error) { return MarkRead(p.talk, "ana", 0) },
		"MarkRead by Bea": func(p pair) (Change, error) { return MarkRead(p.talk, "bea", 0) },
		"AddNote by Bea": func(p pair) (Change, error) {
			return AddNote(Note{Head: Head{ID: "n"}}, p.talk, bea(), "call back", ten)
		},
		"AddContactNote by Bea": func(p pair) (Change, error) {
			return AddContactNote(Note{Head: Head{ID: "n"}}, leaContact(), p.talk, bea(), "call back", ten)
		},
		"SetData by Bea": func(p pair) (Change, error) {
			return SetData(p.talk, counter(), bea(), []Datum{{ID: "order", Value: "7"}}, ten)
		},
		"End":        func(p pair) (Change, error) { return End(p.attended(), "ana", "end", ten) },
		"End by Bea": func(p pair) (Change, error) { return End(p.attended(), "bea", "end", ten) },
		"SubmitWrapUp": func(p pair) (Change, error) {
			return SubmitWrapUp(p.talk, p.ana, Choice{Reason: "sold"}, sold(), ten)
		},
		"ExtendWrapUp":  func(p pair) (Change, error) { return ExtendWrapUp(p.talk, "ana", "more", ten) },
		"TimeOutWrapUp": func(p pair) (Change, error) { return TimeOutWrapUp(p.talk, p.ana, sold(), ten) },
		"Greet":         func(p pair) (Change, error) { return Greet(p.talk, chatty(), ten) },
		"TellBusy":      func(p pair) (Change, error) { return TellBusy(p.talk, chatty(), ten) },
		"TurnAway":      func(p pair) (Change, error) { return TurnAway(p.talk, shutSales(""), nil, ten) },
		"Relax":         func(p pair) (Change, error) { return Relax(demanding(p.talk), experts(), ten) },
		"Divert": func(p pair) (Change, error) {
			return Divert(demanding(p.talk), shutSales(WhenClosedClose), []Queue{support()}, ten)
		},
		"Reroute": func(p pair) (Change, error) { return Reroute(p.talk, experts(), ten) },
		"WarnOfSilence": func(p pair) (Change, error) {
			p.talk.AnsweredAt, p.talk.Limits = nine, Limits{WarnAfter: time.Minute, CloseAfter: time.Minute}
			return WarnOfSilence(p.talk, Queue{}, ten)
		},
		"Unheard": func(p pair) (Change, error) {
			p.talk.AnsweredAt, p.talk.Limits = nine, Limits{WarnAfter: time.Minute, CloseAfter: time.Minute}
			return Unheard(p.talk, nil, ten)
		},
		"CloseInSilence": func(p pair) (Change, error) {
			p.talk.AnsweredAt, p.talk.Limits = nine, Limits{CloseAfter: time.Minute}
			return CloseInSilence(p.attended(), []Agent{p.ana, p.bea}, sold(), ten)
		},
		"TransferToQueue":        gives("ana"),
		"TransferToQueue by Bea": gives("bea"),
		"TransferToAgent": func(p pair) (Change, error) {
			o := Offer{Head: Head{ID: "offer-3"}, Deadline: after(2 * time.Hour)}
			return TransferToAgent(p.talk, p.ana, o, cleo(), Queue{}, number(), handover(), transferReason(), ten)
		},
	}
}

func customerMoves() map[string]func(p pair) (Change, error) {
	ten := after(time.Hour)
	met := func(p pair) scene {
		return scene{t: p.t, talk: p.talk, agent: p.bea, offer: p.offer}
	}
	return map[string]func(p pair) (Change, error){
		"Receive": func(p pair) (Change, error) {
			in, k := hola(), acquaintance(p.talk)
			in.ID = "wamid.2"
			return Receive(in, k, ids, ten)
		},
		"Rename": func(p pair) (Change, error) {
			k := acquaintance(p.talk)
			k.Identities = append(k.Identities, Identity{Head: Head{ID: "identity-user"}})
			return Rename(Renaming{Channel: WhatsApp, Customer: Customer{Addresses: []Address{phone, userID}}}, k, ten)
		},
		"Prefer": func(p pair) (Change, error) {
			return Prefer(Preference{Channel: WhatsApp, Customer: lea, At: nine}, acquaintance(p.talk), "", ten)
		},
		"Annotate": func(p pair) (Change, error) {
			m := Message{Head: stored("m", 1), Interaction: "talk", Direction: Inbound, ProviderID: "wamid.1", Text: "hola"}
			return Annotate(Remark{Kind: RemarkEdit, About: "wamid.1", At: nine, Text: "adiós"}, "whatsapp:111", m, p.talk, ten)
		},
		"EditContact":  func(p pair) (Change, error) { return met(p).named(leaContact(), "Lea M.", "*") },
		"Leave":        func(p pair) (Change, error) { return Leave(p.attended(), ten) },
		"Interrupt":    func(p pair) (Change, error) { return Interrupt(p.attended(), removed(), ten) },
		"BlockContact": func(p pair) (Change, error) { return met(p).blocks(leaContact(), sam()) },
		"UnblockContact": func(p pair) (Change, error) {
			p = p.by(func(p pair) (Change, error) { return met(p).blocks(leaContact(), sam()) })
			return met(p).unblocks()
		},
		"SetExclusive":  func(p pair) (Change, error) { return met(p).exclusive(leaContact(), sam()) },
		"DropExclusive": func(p pair) (Change, error) { return DropExclusive(leaOfBea(), met(p).met(), "sales", sam(), nil, ten) },
		"Overflow":      func(p pair) (Change, error) { return Overflow(p.talk, Agent{}, counterQueue(), ten) },
		"Inherit":       func(p pair) (Change, error) { return Inherit(p.talk, closedSales(), support(), ten) },
	}
}
