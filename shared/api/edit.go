package api

import "encoding/json"

// Edit is a field of a request that may be a text, null, or absent. The zero Edit is absent.
type Edit struct {
	Given bool
	Text  string // empty for null: the contract allows no empty text
}

// To is the edit that sets a text, or with an empty one the edit that removes it.
func To(text string) Edit { return Edit{Given: true, Text: text} }

// Pointer is nil when the field is absent, and else points to its text.
func (e Edit) Pointer() *string {
	if !e.Given {
		return nil
	}
	return &e.Text
}

// UnmarshalJSON implements json.Unmarshaler.
func (e *Edit) UnmarshalJSON(data []byte) error {
	e.Given, e.Text = true, "" // null leaves the text alone
	return json.Unmarshal(data, &e.Text)
}

// MarshalJSON implements json.Marshaler.
func (e Edit) MarshalJSON() ([]byte, error) {
	if e.Text == "" {
		return []byte("null"), nil
	}
	return json.Marshal(e.Text)
}
