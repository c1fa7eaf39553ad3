package graph

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"unicode/utf16"
	"unicode/utf8"
)

// signatureHeader carries the signature of a webhook call.
const signatureHeader = "X-Hub-Signature-256"

// Sign returns the value of X-Hub-Signature-256 for a body: "sha256=" and the
// lower-case hex HMAC-SHA256 of its bytes under the app secret.
// Source: developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/create-webhook-endpoint.
func Sign(secret string, body []byte) string {
	return "sha256=" + digest(secret, body)
}

// digest is the lower-case hex HMAC-SHA256 of text under key.
func digest(key string, text []byte) string {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write(text)
	return hex.EncodeToString(mac.Sum(nil))
}

// encode writes JSON the way Meta's webhooks do: everything beyond ASCII as
// lower-case \u escapes (surrogate pairs included) and the slash as \/. A receiver
// that signs anything but the raw bytes gets another signature.
func encode(v any) ([]byte, error) {
	plain, err := plainJSON(v)
	if err != nil {
		return nil, err
	}
	return escape(plain), nil
}

// plainJSON writes JSON without the escapes that encoding/json makes for HTML.
func plainJSON(v any) ([]byte, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return nil, fmt.Errorf("graph: encode webhook body: %w", err)
	}
	return bytes.TrimRight(out.Bytes(), "\n"), nil
}

// escape works on encoded JSON, where slashes and anything beyond ASCII occur
// inside strings only. Escapes already there are left as they are.
func escape(in []byte) []byte {
	out := make([]byte, 0, len(in)+len(in)/8)
	for len(in) > 0 {
		r, size := utf8.DecodeRune(in)
		switch {
		case r == '\\' && len(in) > 1:
			size = 2
			out = append(out, in[:size]...)
		case r == '/':
			out = append(out, '\\', '/')
		case r < utf8.RuneSelf:
			out = append(out, in[0])
		case r > 0xFFFF:
			high, low := utf16.EncodeRune(r)
			out = fmt.Appendf(out, `\u%04x\u%04x`, high, low)
		default:
			out = fmt.Appendf(out, `\u%04x`, r)
		}
		in = in[size:]
	}
	return out
}
