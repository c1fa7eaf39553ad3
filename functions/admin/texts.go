package admin

import (
	"slices"
	"unicode/utf8"

	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/desk"
)

const (
	textMax      = 1000 // characters: what every channel takes (R7)
	languagesMax = 50   // of one queue
)

// texts reads what a queue's customers are told by itself: to all, and in languages of their own.
func texts(all, translations value) (out []desk.Text) {
	if all.given {
		out = textsIn("", all.object(textKeys()...))
	}
	seen := map[string]int{}
	for _, v := range translations.few(languagesMax, "languages") {
		o := v.object(append(textKeys(), "language")...)
		at := o.key("language")
		text, ok := at.text()
		if !ok {
			continue
		}
		language, ok := desk.LanguageTag(text)
		if !ok {
			at.wrong("must be a language tag such as es or pt-BR")
		}
		at.once(seen, language, "translation into "+short(language))
		out = append(out, textsIn(language, o)...)
	}
	return out
}

func textKeys() (keys []string) {
	for _, on := range desk.TextKinds() {
		keys = append(keys, string(on))
	}
	return keys
}

func textsIn(language string, o object) (out []desk.Text) {
	for _, on := range desk.TextKinds() {
		one := o.key(string(on))
		if !one.given {
			continue
		}
		if text, ok := one.text(); ok {
			if n := utf8.RuneCountInString(text); n == 0 || n > textMax {
				one.wrong("must have 1 to %d characters", textMax)
			}
			out = append(out, desk.Text{On: on, Language: language, Text: text})
		}
	}
	return out
}

// writtenTexts are a queue's texts in one language as the file has them.
type writtenTexts struct {
	Language string `yaml:",omitempty"`
	Greeting string `yaml:",omitempty"`
	Busy     string `yaml:",omitempty"`
	Closed   string `yaml:",omitempty"`
	Joined   string `yaml:",omitempty"`
	Warning  string `yaml:",omitempty"`
	Ended    string `yaml:",omitempty"`
}

// textsOf are a queue's texts: those for all, and the others by language, in the order they came in.
func textsOf(q desk.Queue) (all writtenTexts, translations []writtenTexts) {
	for _, t := range q.Texts {
		in := &all
		if t.Language != "" {
			n := slices.IndexFunc(translations, func(w writtenTexts) bool { return w.Language == t.Language })
			if n < 0 {
				n, translations = len(translations), append(translations, writtenTexts{Language: t.Language})
			}
			in = &translations[n]
		}
		switch t.On {
		case desk.TextGreeting:
			in.Greeting = t.Text
		case desk.TextBusy:
			in.Busy = t.Text
		case desk.TextClosed:
			in.Closed = t.Text
		case desk.TextJoined:
			in.Joined = t.Text
		case desk.TextWarning:
			in.Warning = t.Text
		case desk.TextEnded:
			in.Ended = t.Text
		}
	}
	return all, translations
}

// textsView shows a queue's texts.
func textsView(q desk.Queue, out *api.QueueRecord) {
	all, translations := textsOf(q)
	out.Texts = api.QueueTexts{Greeting: all.Greeting, Busy: all.Busy, Closed: all.Closed, Joined: all.Joined, Warning: all.Warning, Ended: all.Ended}
	for _, t := range translations {
		out.Translations = append(out.Translations, api.QueueTranslation{Language: t.Language, Greeting: t.Greeting, Busy: t.Busy, Closed: t.Closed,
			Joined: t.Joined, Warning: t.Warning, Ended: t.Ended})
	}
}
