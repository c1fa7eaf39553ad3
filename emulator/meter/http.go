package meter

import (
	"bytes"
	"net/http"
	"strconv"
	"strings"

	"github.com/deskline/deskline/shared/fault"
	"github.com/deskline/deskline/shared/web"
)

// How many interactions a report lists when it is not told, and at most.
const (
	usualList = 20
	maxList   = 1000
)

// Handler answers as the package's comment says.
func (m *Meter) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /meter", m.get)
	mux.HandleFunc("GET /meter/{interaction}", m.getInteraction)
	mux.HandleFunc("DELETE /meter", func(w http.ResponseWriter, _ *http.Request) {
		m.Reset()
		w.WriteHeader(http.StatusNoContent)
	})
	return mux
}

func (m *Meter) get(w http.ResponseWriter, r *http.Request) {
	list, format := usualList, r.URL.Query().Get("format")
	if asked := r.URL.Query().Get("interactions"); asked != "" {
		n, err := strconv.Atoi(asked)
		if err != nil || n < 0 || n > maxList {
			web.Fail(w, r, fault.New(fault.Invalid, "bad_parameter", "interactions is a number from 0 to %d", maxList))
			return
		}
		list = n
	}
	switch {
	case format == "text" || format == "" && strings.HasPrefix(r.Header.Get("Accept"), "text/plain"):
		var table bytes.Buffer
		_ = m.Report(0).Write(&table) // a buffer takes everything
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = table.WriteTo(w) // whoever asked is gone: nobody is left to tell
	case format == "" || format == "json":
		web.JSON(w, r, http.StatusOK, m.Report(list))
	default:
		web.Fail(w, r, fault.New(fault.Invalid, "bad_parameter", "format is json or text"))
	}
}

func (m *Meter) getInteraction(w http.ResponseWriter, r *http.Request) {
	d, ok := m.Interaction(r.PathValue("interaction"))
	if !ok {
		web.Fail(w, r, fault.New(fault.Missing, "not_found", "nothing was counted for this interaction, or too long ago"))
		return
	}
	web.JSON(w, r, http.StatusOK, d)
}
