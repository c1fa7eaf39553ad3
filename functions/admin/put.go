package admin

import (
	"context"
	"log/slog"
	"strings"

	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/auth"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/fault"
	"github.com/deskline/deskline/shared/store"
	"github.com/deskline/deskline/shared/web"
)

// condition is what a change of one record is based on: a version the caller has seen or, with an empty one, that there is
// no such record.
type condition struct{ tag string }

// conditionOf reads the headers; without either it is Unconditional (precondition_required), and both contradict each
// other (bad_request).
func conditionOf(match, noneMatch string) (condition, error) {
	switch {
	case match != "" && noneMatch != "":
		return condition{}, fault.New(fault.Invalid, "bad_request", "If-Match: cannot come with If-None-Match")
	case match == "" && noneMatch == "":
		return condition{}, fault.New(fault.Unconditional, "precondition_required",
			"send If-Match with the version you have seen or, to create, If-None-Match: *")
	}
	return condition{tag: match}, nil
}

// meets reports whether the record, nil when there is none, is what the change is based on; otherwise it is Stale
// (version_mismatch), with the tag of what there is.
func (c condition) meets(rec desk.Record) error {
	if rec == nil {
		if c.tag == "" {
			return nil
		}
		return fault.New(fault.Stale, "version_mismatch", "there is no such record any more")
	}
	tag := api.ETag(versionOf(rec))
	if c.tag == tag {
		return nil
	}
	return web.Tagged(fault.New(fault.Stale, "version_mismatch", "the record has version %s", strings.Trim(tag, `"`)), tag)
}

// versionOf is the version of what is configured.
func versionOf(rec desk.Record) int64 {
	if a, ok := rec.(*desk.Agent); ok {
		return a.SetupVersion
	}
	return rec.Base().Version
}

// put creates or changes one record, and gives it as it is stored then.
func (h handlers) put(ctx context.Context, k key, match, noneMatch string, body []byte) (desk.Record, error) {
	who, err := auth.Require(ctx, auth.RoleAdmin)
	if err != nil {
		return nil, err
	}
	based, err := conditionOf(match, noneMatch)
	if err != nil {
		return nil, err
	}
	f, err := single(k, body)
	if err != nil {
		return nil, err
	}
	var stored desk.Record
	in, err := h.apply(ctx, func(ctx context.Context, r *store.Reader, now current) (desk.Imported, error) {
		if k.queue != "" && find(now.have, key{kind: desk.KindQueue, id: k.queue}) == nil {
			return desk.Imported{}, missing(desk.KindQueue)
		}
		if err := h.admit(ctx, r, f, now.have); err != nil {
			return desk.Imported{}, err
		}
		setup := f.Setup
		if k.kind == desk.KindReason {
			setup.Reasons = []desk.Reason{placed(f.Reasons[0], now.have.Reasons)}
		}
		in := desk.Configure(now.Centre, now.have, setup, k.kind, k.String(), who.ID, h.Now())
		stored = find(now.have, k)
		if among(in.Save, k) == nil {
			return in, nil // it says what is stored
		}
		return in, based.meets(stored)
	})
	if err != nil {
		return nil, err
	}
	web.Note(ctx, slog.String("record", string(k.kind)), slog.Int("behind", len(in.Behind)))
	if saved := among(in.Save, k); saved != nil {
		return saved, nil
	}
	return stored, nil
}

func missing(kind desk.RecordKind) error {
	return fault.New(fault.Missing, string(kind)+"_missing", "there is no such %s", kind)
}
