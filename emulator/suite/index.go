package suite

import (
	_ "embed" // for the page
	"html/template"
	"net/http"
	"slices"

	"github.com/deskline/deskline/infra"
)

//go:embed index.html
var indexHTML string

var indexPage = template.Must(template.New("index").Parse(indexHTML))

// index shows what runs and what to try.
func (s *Suite) index(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_ = indexPage.Execute(w, map[string]any{ // the browser is gone: nobody is left to tell
		"URL": s.URL, "Project": Project, "Audience": Audience, "Number": PhoneNumber, "Page": PageID,
		"Firestore": s.Records, "Bus": s.Bus, "Tasks": s.Tasks.Addr(),
		"Functions": s.starters(),
	})
}

// starter is a function with all that sets it off.
type starter struct {
	Name string
	infra.Function
	Events []string
}

// starters are all functions, by name.
func (s *Suite) starters() []starter {
	var list []starter
	for _, name := range s.topology.Names() {
		f := starter{Name: name, Function: s.topology.Functions[name]}
		for topic, t := range s.topology.Topics {
			if _, ok := t.Subscriptions[name]; ok {
				f.Events = append(f.Events, topic)
			}
		}
		slices.Sort(f.Events)
		list = append(list, f)
	}
	return list
}
