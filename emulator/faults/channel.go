package faults

import (
	"net/http"

	"github.com/deskline/deskline/emulator/graph"
)

// limited is Meta's "application request limit reached", which WhatsApp and Messenger share.
const limited = 4

// sends are the channel's faults.
var sends = map[Kind]graph.Fault{
	ChannelServerError:   {Kind: graph.FaultError, Status: http.StatusInternalServerError},
	ChannelRateLimit:     {Kind: graph.FaultError, Code: limited},
	ChannelHangBefore:    {Kind: graph.FaultHangBefore},
	ChannelHangAfter:     {Kind: graph.FaultHangAfter},
	ChannelDropBefore:    {Kind: graph.FaultDropBefore},
	ChannelDropAfter:     {Kind: graph.FaultDropAfter},
	ChannelStatusesFirst: {Kind: graph.FaultStatusesFirst},
}

// Send is for graph.Options.Choose.
func (i *Injector) Send(s graph.Sending) graph.Fault {
	return sends[i.decide(onSend, occasion{on: []string{s.Account}, who: s.To}).kind]
}
