// Command functions is every function of the product in one binary. FUNCTION_TARGET picks the one that an instance
// serves; without it all are served, each below its name. It listens on PORT and, when it is told to stop, ends what is
// under way first.
package main

import (
	"context"
	"errors"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	_ "github.com/deskline/deskline/functions/all"
	"github.com/deskline/deskline/shared/host"
)

func main() {
	log := host.NewLog(os.Stdout)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := serve(ctx); err != nil {
		log.Error("the server ended", "err", err)
		os.Exit(1)
	}
}

// grace is how long requests under way may take when the instance is told to stop: longer than a send to a channel may
// take, and shorter than the ten seconds after which platforms kill it.
const grace = 9 * time.Second

// serve answers requests until ctx ends.
func serve(ctx context.Context) error {
	h, err := host.Serve(os.Getenv("FUNCTION_TARGET"))
	if err != nil {
		return err
	}
	port := os.Getenv("PORT")
	if port == "" {
		port = "8080"
	}
	srv := &http.Server{Addr: ":" + port, Handler: h, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute}
	stopped := make(chan error, 1)
	go func() {
		<-ctx.Done()
		host.Stop()
		ctx, cancel := context.WithTimeout(context.Background(), grace)
		defer cancel()
		stopped <- srv.Shutdown(ctx)
	}()
	if err := srv.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return <-stopped
}
