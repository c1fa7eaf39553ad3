package main

import (
	"math/rand/v2"
	"time"

	"github.com/deskline/deskline/emulator/faults"
)

// How late and how wrong things are at most.
const (
	slow    = 20 * time.Millisecond // a call to the database, by the machine's clock
	late    = 15 * time.Second      // an event or a timer
	held    = 5 * time.Second       // an event that others overtake
	skewMax = time.Second           // a function's clock, ahead or behind
)

// killShare is the part of the rate at which a request is its call's last. One request of a conversation in twenty would leave hardly
// a call alive: each makes about ten.
const killShare = .1

// planOf has every kind of fault happen at the rate. Only Firestore's codes share it, before and after the commit: each call meets one
// of the three, and a function makes about ten. Deaths in the middle of a call are a tenth of it; those of a function's process come
// beside it (see world.kills). The clocks of the functions differ by up to skewMax.
func planOf(seed uint64, rate float64, functions []string) faults.Plan {
	r, third, dies := faults.Rate(rate), faults.Rate(rate/3), faults.Rate(rate*killShare)
	dice := rand.New(rand.NewPCG(seed, 'k'))
	skew := map[string]faults.Duration{}
	if rate > 0 {
		for _, f := range functions {
			skew[f] = faults.Duration(time.Duration((dice.Float64()*2 - 1) * float64(skewMax)))
		}
	}
	codes := faults.Failures{Unavailable: third, Aborted: third, Deadline: third}
	return faults.Plan{
		Seed:      seed,
		Firestore: faults.Firestore{Latency: delay(r, slow), Before: codes, After: codes},
		PubSub: faults.PubSub{Refuse: r, LostAnswer: r, Duplicate: r, LostAck: r,
			Delay: delay(r, late), Reorder: delay(r, held)},
		Tasks: faults.Tasks{Refuse: r, LostAnswer: r, Duplicate: r, LostAck: r, Delay: delay(r, late)},
		Channel: faults.Channel{ServerError: r, RateLimit: r, HangBefore: r, HangAfter: r, DropBefore: r, DropAfter: r,
			StatusesFirst: r},
		Kill: faults.Kill{Before: dies, After: dies},
		Skew: skew,
	}
}

func delay(r faults.Rate, upTo time.Duration) faults.Delay {
	return faults.Delay{Rate: r, UpTo: faults.Duration(upTo)}
}
