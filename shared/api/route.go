package api

import (
	"context"
	"fmt"
	"net/http"

	"github.com/deskline/deskline/shared/web"
)

// route is an operation with what answers it.
type route struct {
	method, path string
	serve        func(edge Edge, w http.ResponseWriter, c *call)
}

// answer is the route of an operation whose method returns what to answer.
func answer[Req, Res any](method, path string, decode func(*call) Req, do func(context.Context, Req) (Res, error)) route {
	return route{method: method, path: path, serve: func(edge Edge, w http.ResponseWriter, c *call) {
		req := decode(c)
		if c.err != nil {
			edge.Fail(w, c.r, c.err)
			return
		}
		res, err := do(c.r.Context(), req)
		if err != nil {
			edge.Fail(w, c.r, err)
			return
		}
		if tagged, ok := any(res).(ETagged); ok {
			w.Header().Set("ETag", tagged.ETag())
		}
		web.JSON(w, c.r, c.op.status, res)
	}}
}

// stream is the route of an operation whose method writes the answer itself.
func stream[Req any](method, path string, decode func(*call) Req, do func(http.ResponseWriter, *http.Request, Req) error) route {
	return route{method: method, path: path, serve: func(edge Edge, w http.ResponseWriter, c *call) {
		req := decode(c)
		if c.err != nil {
			edge.Fail(w, c.r, c.err)
			return
		}
		if err := do(w, c.r, req); err != nil {
			edge.Fail(w, c.r, err)
		}
	}}
}

// register adds the routes to mux.
func register(mux *http.ServeMux, edge Edge, routes ...route) error {
	for _, rt := range routes {
		op, err := findOperation(rt.method, rt.path)
		if err != nil {
			return fmt.Errorf("register: %w", err)
		}
		mux.HandleFunc(rt.method+" "+rt.path, func(w http.ResponseWriter, r *http.Request) {
			ctx, err := edge.Identify(r)
			if err != nil {
				edge.Fail(w, r, err)
				return
			}
			c := &call{r: r.WithContext(ctx), op: op}
			if op.body != nil {
				if c.body, err = edge.ReadBody(w, r); err != nil {
					edge.Fail(w, r, err)
					return
				}
			}
			if err := c.check(); err != nil {
				edge.Fail(w, r, err)
				return
			}
			rt.serve(edge, w, c)
		})
	}
	return nil
}
