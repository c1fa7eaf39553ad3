package admin

import (
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/deskline/deskline/shared/desk"
)

// key names one record of the configuration.
type key struct {
	kind  desk.RecordKind
	queue string // of a reason or a template
	id    string
}

// single reads a body that describes the record of the key, as a file with that one record is read: the same rules hold,
// and the same messages tell of mistakes, only the paths begin at the record. A reason that names no place of its own
// has none yet.
func single(k key, body []byte) (*file, error) {
	root, err := jsonDocument(body)
	if err != nil {
		return nil, err
	}
	f := newFile()
	f.what = "record"
	switch k.kind {
	case desk.KindAsset:
		channel, account, _ := strings.Cut(k.id, ":")
		named(root, "channel", channel)
		named(root, "account", account)
	case desk.KindSettings: // there is one
	default:
		named(root, "id", k.id)
	}
	v := f.value(root, "")
	switch k.kind {
	case desk.KindSettings:
		f.settings(v)
	case desk.KindClient:
		f.client(v)
	case desk.KindProject:
		f.project(v)
	case desk.KindTeam:
		f.team(v)
	case desk.KindQueue:
		f.queue(v)
	case desk.KindReason:
		f.Reasons = append(f.Reasons, reason(v, k.queue, 0, map[string]int{}))
	case desk.KindTemplate:
		f.Templates = append(f.Templates, template(v, k.queue, map[string]int{}))
	case desk.KindAsset:
		f.asset(v)
	case desk.KindAgent:
		f.agent(v)
	}
	return f, nil
}

// named adds to a record what the address says of it.
func named(record *yaml.Node, member, text string) {
	scalar := func(s string) *yaml.Node {
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: s, Line: record.Line, Column: record.Column}
	}
	record.Content = append(record.Content, scalar(member), scalar(text))
}

// placed gives a reason that names no place the one it has, or one behind the queue's others but the last.
func placed(reason desk.Reason, have []desk.Reason) desk.Reason {
	if reason.Order > 0 {
		return reason
	}
	for _, other := range have {
		if other.Queue != reason.Queue {
			continue
		}
		if other.ID == reason.ID {
			reason.Order = other.Order
			return reason
		}
		if other.Order < desk.OrderMax {
			reason.Order = max(reason.Order, other.Order)
		}
	}
	reason.Order++
	return reason
}
