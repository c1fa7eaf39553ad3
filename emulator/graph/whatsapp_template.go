package graph

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Template is a message whose wording a business agreed upon with WhatsApp.
type Template struct {
	Name     string `json:"name"`
	Language string `json:"language"` // such as es or pt_BR
	Header   string `json:"header,omitempty"`
	Body     string `json:"body"` // with the places {{1}}, {{2}} …
	Footer   string `json:"footer,omitempty"`
}

// maxBody is how many code points a template's body may have with its values. Source: Meta's page on template components, as
// quoted in public repositories, read 2026-11.
const maxBody = 1024

var valuePlace = regexp.MustCompile(`\{\{(\d+)\}\}`)

// templateRequest is the part of a request that sends a template.
type templateRequest struct {
	Name     string `json:"name"`
	Language struct {
		Code string `json:"code"`
	} `json:"language"`
	Components []struct {
		Type       string `json:"type"`
		Parameters []struct {
			Type string `json:"type"`
			Text string `json:"text"`
		} `json:"parameters"`
	} `json:"components"`
}

// values are what is sent for the body.
func (r templateRequest) values() (list []string) {
	for _, c := range r.Components {
		if !strings.EqualFold(c.Type, "body") {
			continue
		}
		for _, p := range c.Parameters {
			list = append(list, p.Text)
		}
	}
	return list
}

// Templates returns the number's templates; nil when it takes any.
func (n *Number) Templates() []Template {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.templates)
}

// SetTemplates changes them: with nil the number takes any, with an empty list none.
func (n *Number) SetTemplates(list []Template) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.templates = slices.Clone(list)
}

// agreed puts what the customer reads into a request that sends a template, or says why WhatsApp refuses it. A number without
// a list takes any template, which then reads as its name.
func (n *Number) agreed(r *sendRequest, body []byte) *apiError {
	list := n.Templates()
	if r.kind != typeTemplate || list == nil {
		return nil
	}
	var sent struct {
		Template templateRequest `json:"template"`
	}
	if err := json.Unmarshal(body, &sent); err != nil {
		return invalid(malformed(err))
	}
	t := sent.Template
	at := slices.IndexFunc(list, func(x Template) bool { return x.Name == t.Name && x.Language == t.Language.Code })
	if at < 0 {
		return templateError(codeNoTemplate, fmt.Sprintf("template name (%s) does not exist in %s", t.Name, t.Language.Code))
	}
	text, problem := list[at].read(t.values())
	r.text = text
	return problem
}

// read is what the customer reads with the values. Codes and details are those that senders quote: nyaruka/courier and public
// repositories, read 2026-11.
func (t Template) read(values []string) (string, *apiError) {
	places := 0
	for _, m := range valuePlace.FindAllStringSubmatch(t.Body, -1) {
		n, _ := strconv.Atoi(m[1]) // digits, by the pattern; one too large is no place of a template that was agreed upon
		places = max(places, n)
	}
	if len(values) != places {
		return "", templateError(codeParamCount,
			fmt.Sprintf("body: number of localizable_params (%d) does not match the expected number of params (%d)", len(values), places))
	}
	for _, v := range values {
		switch {
		case v == "":
			return "", templateError(codeParamMissing, "Parameter of type text is missing text value")
		case strings.ContainsAny(v, "\n\r\t") || strings.Contains(v, "     "):
			return "", templateError(codeParamFormat, "Param text cannot have new-line/tab characters or more than 4 consecutive spaces")
		}
	}
	body := valuePlace.ReplaceAllStringFunc(t.Body, func(at string) string {
		n, _ := strconv.Atoi(strings.Trim(at, "{}"))
		if n == 0 {
			return at
		}
		return values[n-1]
	})
	if utf8.RuneCountInString(body) > maxBody {
		return "", templateError(codeTextTooLong, "body: the translated text is too long")
	}
	parts := slices.DeleteFunc([]string{t.Header, body, t.Footer}, func(s string) bool { return s == "" })
	return strings.Join(parts, "\n\n"), nil
}

func templateError(code int, details string) *apiError {
	e := fail(code, 0)
	e.Data = &errorData{Product: product, Details: details}
	return e
}

// templatesOverHTTP answers a request for other templates.
func templatesOverHTTP(n *Number, w http.ResponseWriter, r *http.Request) {
	var request struct {
		Templates []Template `json:"templates"` // null: any is taken
	}
	if !decode(w, r, &request) {
		return
	}
	n.SetTemplates(request.Templates)
	answer(w, http.StatusOK, map[string][]Template{"templates": n.Templates()})
}
