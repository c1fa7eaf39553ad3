package admin

import (
	"encoding/json"
	"fmt"

	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/fault"
)

// What one commit and one document may take. Firestore takes 10 MiB and 1 MiB (quotas and limits, read 2026-11); as
// JSON a record has about the size it has there, so this leaves room.
const (
	commitMax = 8 << 20
	recordMax = 800 << 10
)

// fits reports whether the records can be stored at once, and each agent who follows by himself; otherwise the fault is
// TooLarge (code too_large).
func fits(in desk.Imported) error {
	total := 0
	for _, rec := range in.Save {
		size, err := sizeOf(rec)
		if err != nil {
			return err
		}
		total += size
	}
	if total > commitMax {
		return fault.New(fault.TooLarge, "too_large", "the file changes too much at once; import it in parts")
	}
	for _, a := range in.Behind {
		if _, err := sizeOf(&a); err != nil {
			return err
		}
	}
	return nil
}

// sizeOf measures a record; one that cannot be stored is TooLarge.
func sizeOf(rec desk.Record) (int, error) {
	text, err := json.Marshal(rec)
	if err != nil {
		return 0, fmt.Errorf("measure %s: %w", rec.Record(), err)
	}
	if len(text) > recordMax {
		return 0, fault.New(fault.TooLarge, "too_large", "the %s %q would be too large to be stored", rec.Record(), rec.Base().ID)
	}
	return len(text), nil
}
