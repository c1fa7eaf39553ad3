// Command load puts the whole product under load on this machine and tells how long everybody waited.
//
//	go run ./tests/load -rate 100 -for 30s
//
// It exits with 1 when a conversation was lost or anything failed. Ctrl-C ends it early, with the table of what was until then.
package main

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/deskline/deskline/tests/tool"
	"github.com/deskline/deskline/tests/traffic"
)

func main() { tool.Main("load", run) }

// run loads the product as the arguments say. The table goes to out, how far it is to told.
func run(ctx context.Context, args []string, out, told io.Writer) error {
	o := traffic.Options{}
	flags := tool.Flags("load", told)
	flags.Float64Var(&o.Rate, "rate", 100, "conversations that begin each second")
	flags.DurationVar(&o.For, "for", 30*time.Second, "how long new ones begin")
	flags.IntVar(&o.Messages, "messages", 2, "messages each way in a conversation")
	flags.IntVar(&o.AtOnce, "at-once", 0, "at most so many conversations at a time, none beginning after -for: with a high -rate, what the machine can do")
	flags.IntVar(&o.Agents, "agents", 0, "agents at their desktops, with a capacity of 50 each; 0 is as many as are needed")
	flags.StringVar(&o.Channel, "channel", traffic.WhatsApp, "how customers write: whatsapp, messenger or both")
	flags.Uint64Var(&o.Seed, "seed", 1, "of the times at which customers write")
	flags.BoolVar(&o.Suite.Isolate, "isolate", false, "run each function in a process of its own")
	profile := flags.String("profile", "", "file that a profile of this process's computing is written to, for go tool pprof")
	if err := tool.Parse(flags, args); err != nil {
		return err
	}
	o.Progress = (&progress{out: told, terminal: isTerminal(told)}).tell
	r, err := profiled(*profile, func() (traffic.Result, error) { return traffic.Run(ctx, o) })
	if r.Took > 0 {
		err = errors.Join(err, r.Write(out))
	}
	return errors.Join(err, r.Err())
}
