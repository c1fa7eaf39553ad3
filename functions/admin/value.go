package admin

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/deskline/deskline/shared/api"
)

// foundMax is how many mistakes are looked for. The caller is shown the first mistakesMax by place.
const foundMax = 1000

const tooManyValues = "the file holds too many values; import it in parts"

// reading is the way through one file: the mistakes found and how far it may go on.
type reading struct {
	found []api.ImportError
	left  int  // values that may still be read
	over  bool // reading ended before the file did
}

// stop ends the reading for a reason that makes every other mistake unimportant.
func (r *reading) stop(v value, message string) {
	if !r.over {
		r.over, r.found = true, []api.ImportError{v.mistake(message)}
	}
}

// value is a place in the file with what stands there.
type value struct {
	*reading
	node  *yaml.Node // never an alias; for a key that is not there, what lacks it
	path  string     // such as queues[0].team
	given bool       // something stands there; null is nothing
	quiet bool       // what lacks it is reported already
}

func (r *reading) value(n *yaml.Node, path string) value {
	v := value{reading: r, node: n, path: path}
	if r.left--; r.left < 0 {
		r.stop(v, tooManyValues)
		v.quiet = true
		return v
	}
	if n.Kind == yaml.AliasNode {
		v.node = n.Alias
	}
	v.given = v.node.ShortTag() != "!!null"
	return v
}

// wrong notes a mistake. After the reading was stopped, none is of interest.
func (v value) wrong(format string, args ...any) {
	if v.over {
		return
	}
	v.found = append(v.found, v.mistake(fmt.Sprintf(format, args...)))
	v.over = len(v.found) >= foundMax
}

func (v value) mistake(message string) api.ImportError {
	return api.ImportError{Line: v.node.Line, Column: v.node.Column, Path: v.path, Message: message}
}

// needed reports whether something stands there, and notes the mistake when nothing does.
func (v value) needed() bool {
	if !v.given && !v.quiet {
		v.wrong("is required")
	}
	return v.given
}

// scalar is the text of a scalar that YAML reads as tag; what says what it must be.
func (v value) scalar(tag, what string) (string, bool) {
	if !v.given {
		return "", false
	}
	if v.node.Kind != yaml.ScalarNode || v.node.ShortTag() != tag {
		v.wrong("must be %s", what)
		return "", false
	}
	return v.node.Value, true
}

// text is a text that must be there.
func (v value) text() (string, bool) {
	if !v.needed() {
		return "", false
	}
	what := "text"
	if v.node.Kind == yaml.ScalarNode {
		what = "text; put it in quotes"
	}
	return v.scalar("!!str", what)
}

// whole is a whole number between low and high; absent, it is def.
func (v value) whole(low, high, def int) int {
	s, ok := v.scalar("!!int", "a whole number")
	if !ok {
		return def
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < low || n > high {
		v.wrong("must be a whole number from %d to %d", low, high)
	}
	return n
}

// truth is true or false; absent, it is false.
func (v value) truth() bool {
	s, ok := v.scalar("!!bool", "true or false")
	return ok && strings.EqualFold(s, "true")
}

// list is the items of a list; absent, it is empty.
func (v value) list() []value {
	if !v.given {
		return nil
	}
	if v.node.Kind != yaml.SequenceNode {
		v.wrong("must be a list")
		return nil
	}
	var items []value
	for n, node := range v.node.Content {
		if v.over {
			break
		}
		items = append(items, v.value(node, fmt.Sprintf("%s[%d]", v.path, n)))
	}
	return items
}

// few is a list of at most so many; of a longer one nothing is read.
func (v value) few(most int, what string) []value {
	if v.given && v.node.Kind == yaml.SequenceNode && len(v.node.Content) > most {
		v.wrong("more than %d %s", most, what)
		return nil
	}
	return v.list()
}

// object is a mapping with the keys a record may have.
type object struct {
	value
	members map[string]value
}

// object reads a mapping that may have the keys; others, and a key given twice, are mistakes.
func (v value) object(keys ...string) object {
	o := object{value: v, members: map[string]value{}}
	if !v.given || v.node.Kind != yaml.MappingNode {
		if !v.quiet {
			v.wrong("must have keys and values; possible: %s", strings.Join(keys, ", "))
		}
		o.quiet = true
		return o
	}
	for n := 0; n+1 < len(v.node.Content) && !v.over; n += 2 {
		key := v.node.Content[n]
		if key.Kind == yaml.AliasNode {
			key = key.Alias
		}
		at := value{reading: v.reading, node: v.node.Content[n]}
		if key.Kind != yaml.ScalarNode || !slices.Contains(keys, key.Value) {
			at.path = v.path
			if plainKey.MatchString(key.Value) {
				at.path = v.below(key.Value)
			}
			at.wrong("there is no key %q here; possible: %s", short(key.Value), strings.Join(keys, ", "))
			continue
		}
		at.path = v.below(key.Value)
		if _, twice := o.members[key.Value]; twice {
			at.wrong("the key is given twice")
			continue
		}
		o.members[key.Value] = v.value(v.node.Content[n+1], at.path)
	}
	return o
}

// plainKey is an unknown key that a path can show.
var plainKey = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]{0,31}$`)

// below is the path of a key of v.
func (v value) below(key string) string {
	if v.path == "" {
		return key
	}
	return v.path + "." + key
}

// key is what stands at a key.
func (o object) key(name string) value {
	if v, ok := o.members[name]; ok {
		return v
	}
	return value{reading: o.reading, node: o.node, path: o.below(name), quiet: o.quiet}
}
