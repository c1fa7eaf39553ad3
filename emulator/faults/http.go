package faults

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"

	"github.com/deskline/deskline/shared/fault"
	"github.com/deskline/deskline/shared/web"
)

// maxPlan is the largest plan that is read, in bytes.
const maxPlan = 1 << 20

// report is the answer to all requests.
type report struct {
	Plan   Plan         `json:"plan"`
	Counts map[Kind]int `json:"counts"`
	Last   []Injected   `json:"last"`
}

// ServeHTTP shows the plan in force with what it did (GET), puts another in force (PUT, JSON) or none (DELETE). A plan that makes
// no sense is answered with 400 and everything that is wrong with it, a field nobody knows too.
func (i *Injector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.Method {
	case http.MethodGet, http.MethodHead:
	case http.MethodPut:
		p, err := read(w, r)
		if err == nil {
			err = i.Set(p)
		}
		if err != nil {
			web.Fail(w, r, refusal(err))
			return
		}
	case http.MethodDelete:
		_ = i.Set(Plan{}) // which makes sense for whatever functions there are
	default:
		w.Header().Set("Allow", "GET, HEAD, PUT, DELETE")
		http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
		return
	}
	i.show(w)
}

func (i *Injector) show(w http.ResponseWriter) {
	out := json.NewEncoder(w)
	out.SetIndent("", "  ")
	w.Header().Set("Content-Type", "application/json")
	last := i.History()
	if last == nil {
		last = []Injected{}
	}
	_ = out.Encode(report{i.Plan(), i.Count(), last}) // who asked has gone
}

func read(w http.ResponseWriter, r *http.Request) (p Plan, err error) {
	in := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxPlan))
	in.DisallowUnknownFields()
	if err := in.Decode(&p); err != nil {
		return p, err
	}
	if _, err := in.Token(); !errors.Is(err, io.EOF) {
		return p, errors.New("something follows the plan")
	}
	return p, nil
}

// refusal is the fault of a plan that cannot be put in force.
func refusal(err error) error {
	if large := new(http.MaxBytesError); errors.As(err, &large) {
		return fault.New(fault.TooLarge, "too_large", "a plan has at most %d bytes", large.Limit)
	}
	return fault.New(fault.Invalid, "bad_plan", "%v", err)
}
