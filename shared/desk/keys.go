package desk

import (
	"slices"

	"github.com/deskline/deskline/shared/fault"
)

// repeats reports whether the idempotency key was used before for the same request; for another request it is a fault
// (key_reused). An empty key never repeats.
func repeats(keys []Key, key, request string) (bool, error) {
	if key == "" {
		return false, nil
	}
	for _, k := range keys {
		if k.Key != key {
			continue
		}
		if k.Hash != request {
			return false, fault.New(fault.Unprocessable, "key_reused", "the idempotency key came with another request before")
		}
		return true, nil
	}
	return false, nil
}

// remember adds a key and forgets the oldest beyond keysMax.
func remember(keys []Key, key, request string) []Key {
	if key == "" {
		return keys
	}
	keys = append(slices.Clip(slices.Clone(keys)), Key{Key: key, Hash: request})
	if len(keys) > keysMax {
		keys = slices.Clone(keys[len(keys)-keysMax:])
	}
	return keys
}
