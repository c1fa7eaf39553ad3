package desk

import (
	"slices"
	"time"

	"github.com/deskline/deskline/shared/fault"
)

// Settings are what holds for the whole centre. A centre that never said anything has the zero Settings.
type Settings struct {
	Head
	IdleReasons []IdleReason // for which agents may be idle, in the order lists show them; none for any words of their own
}

// SettingsID is the ID of the one Settings.
const SettingsID = "settings"

// Record implements Record.
func (*Settings) Record() RecordKind { return KindSettings }

// IdleReason is a reason for which an agent may be idle (B4). Its ID is unique.
type IdleReason struct {
	ID    string
	Name  string
	Limit time.Duration // how long one is expected to be idle for it; zero when nobody minds. Nothing happens after it
}

// Idle is the name of a reason for which somebody is idle since a time, and until when that is expected; both are zero when the
// centre does not say.
func (s Settings) Idle(reason string, since time.Time) (name string, until time.Time) {
	for _, r := range s.IdleReasons {
		if r.ID == reason && r.Limit > 0 {
			return r.Name, since.Add(r.Limit)
		}
		if r.ID == reason {
			return r.Name, time.Time{}
		}
	}
	return "", time.Time{}
}

// IdleReasonsReserved are the reasons that the system sets; no centre may declare them, and no agent may choose them where the
// centre has reasons.
func IdleReasonsReserved() []string { return []string{IdleSignedIn, IdleDeclined, IdleSent} }

// mayIdle is nil when the agent may be idle for the reason. Otherwise the fault's code is idle_reason_required or idle_reason_unknown.
func (p Present) mayIdle(reason string) error {
	switch {
	case len(p.Reasons) == 0 || slices.ContainsFunc(p.Reasons, func(r IdleReason) bool { return r.ID == reason }):
		return nil
	case reason == "":
		return fault.New(fault.Invalid, "idle_reason_required", "say why, with one of the centre's reasons")
	}
	return fault.New(fault.Invalid, "idle_reason_unknown", "the centre has no reason %q", reason)
}

// toTell is what a history tells of an agent's state: of idle its reason where that is one of the centre's, for otherwise it
// is the agent's own words.
func (p Present) toTell(a Agent) string {
	if a.State == AgentIdle && len(p.Reasons) > 0 {
		return a.Reason
	}
	return ""
}
