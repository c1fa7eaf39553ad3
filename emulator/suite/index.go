package suite

import (
	_ "embed" // for the page
	"html/template"
	"net/http"
)

//go:embed index.html
var indexHTML string

var indexPage = template.Must(template.New("index").Parse(indexHTML))

// index shows what runs and what to try.
func (s *Suite) index(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_ = indexPage.Execute(w, map[string]any{ // the browser is gone: nobody is left to tell
		"URL": s.URL, "Project": Project, "Audience": Audience, "Number": PhoneNumber,
		"Firestore": s.Firestore.Addr(), "PubSub": s.PubSub.Addr(), "Tasks": s.Tasks.Addr(),
		"Functions": s.topology.Functions,
	})
}
