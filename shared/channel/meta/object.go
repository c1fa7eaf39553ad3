package meta

import "encoding/json"

// ObjectOf is what a webhook is about, such as "page"; empty when the body does not say.
func ObjectOf(body []byte) string {
	var envelope struct {
		Object Scalar `json:"object"`
	}
	if err := json.Unmarshal(body, &envelope); err != nil {
		return ""
	}
	return string(envelope.Object)
}
