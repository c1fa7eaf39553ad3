package admin

import (
	"cmp"
	"slices"

	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/fault"
	"github.com/deskline/deskline/shared/web"
)

// check holds the file against what is stored: what it refers to must be there or in the file, and nobody who stays as
// he is may have an e-mail address of its agents. All mistakes of the file, these included, make one fault.
func (f *file) check(have desk.Setup) error {
	more := &reading{found: slices.Clone(f.found)}
	stored := idsOf(have.Live())
	for _, ref := range f.refs {
		_, inFile := f.lines[ref.kind][ref.id]
		if !inFile && !stored[ref.kind][ref.id] {
			ref.reading = more
			ref.wrong("there is no %s %q", ref.kind, short(ref.id))
		}
	}
	f.known(have.Live(), more)
	f.offered(have.Live(), more)
	f.endless(have.Live(), more)
	holders := map[string]string{}
	for _, a := range have.Agents {
		if _, inFile := f.lines[desk.KindAgent][a.ID]; !inFile {
			holders[a.Email] = a.ID
		}
	}
	for _, ref := range f.people {
		if id, taken := holders[ref.id]; taken {
			ref.reading = more
			ref.wrong("the agent %q, who is not in the file, has this e-mail address", id)
		}
	}
	if len(more.found) > 0 {
		return invalid(f.what, more.found...)
	}
	return nil
}

// idsOf are the IDs of the stored records that others refer to, by kind.
func idsOf(have desk.Setup) map[desk.RecordKind]map[string]bool {
	ids := map[desk.RecordKind]map[string]bool{}
	add(ids, have.Clients)
	add(ids, have.Projects)
	add(ids, have.Teams)
	add(ids, have.Queues)
	add(ids, have.Assets)
	return ids
}

func add[T any, P interface {
	*T
	desk.Record
}](ids map[desk.RecordKind]map[string]bool, list []T) {
	of := make(map[string]bool, len(list))
	for n := range list {
		of[P(&list[n]).Base().ID] = true
	}
	ids[P(new(T)).Record()] = of
}

// mistakesMax is how many mistakes the caller is shown.
const mistakesMax = 100

// invalid is the fault of a file or a record with mistakes, in their order in it (import_invalid).
func invalid(what string, found ...api.ImportError) error {
	slices.SortStableFunc(found, func(a, b api.ImportError) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	err := fault.New(fault.Invalid, "import_invalid", "the %s has %d mistakes", what, len(found))
	switch {
	case len(found) == 1:
		err = fault.New(fault.Invalid, "import_invalid", "the %s has 1 mistake", what)
	case len(found) > mistakesMax:
		found = found[:mistakesMax]
		err = fault.New(fault.Invalid, "import_invalid", "the %s has more than %d mistakes; these are the first", what, mistakesMax)
	}
	return web.With(err, "errors", found)
}
