// Package meta holds what Meta's channels, WhatsApp and Messenger, have in common: the signature and the verification
// of webhooks, the envelope their bodies come in, what is kept of their texts, times and addresses, the client of the
// Graph API and the meaning of its error codes.
package meta

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net/url"
	"strings"
)

// SignatureHeader is the header a webhook's signature comes in. Meta's older X-Hub-Signature (SHA-1) is not accepted
// instead. Source: Meta's webhook guides, read 2026-11.
const SignatureHeader = "X-Hub-Signature-256"

const signaturePrefix = "sha256="

// Verify reports whether header is the signature of the raw body under one of the app secrets. Several are given
// while a secret is being replaced. The header must be "sha256=" and 64 hexadecimal digits and nothing else. An empty
// secret verifies nothing, nor does an empty list.
//
// The body must be the bytes as they came: Meta escapes characters before it signs, so a body decoded and encoded
// again has another signature.
func Verify(body []byte, header string, secrets ...[]byte) bool {
	digits, ok := strings.CutPrefix(header, signaturePrefix)
	if !ok || len(digits) != hex.EncodedLen(sha256.Size) {
		return false
	}
	signature, err := hex.DecodeString(digits)
	if err != nil {
		return false
	}
	for _, secret := range secrets {
		if len(secret) > 0 && hmac.Equal(signature, digest(secret, body)) {
			return true
		}
	}
	return false
}

// Sign is the header value Verify accepts, as the channel makes it; the local suite and tests sign with it.
func Sign(body, secret []byte) string {
	return signaturePrefix + hex.EncodeToString(digest(secret, body))
}

// Challenge answers the request by which Meta asks whether a callback address is ours: for mode "subscribe" and the
// right token it gives the text to answer with status 200, verbatim and as text/plain. Everything else gives false,
// which the caller answers with 403; so does an empty configured token, whatever was sent.
func Challenge(q url.Values, token string) (answer string, ok bool) {
	sent := sha256.Sum256([]byte(q.Get("hub.verify_token")))
	want := sha256.Sum256([]byte(token))
	same := subtle.ConstantTimeCompare(sent[:], want[:]) == 1
	if !same || token == "" || q.Get("hub.mode") != "subscribe" || !q.Has("hub.challenge") {
		return "", false
	}
	return q.Get("hub.challenge"), true
}

func digest(key, message []byte) []byte {
	h := hmac.New(sha256.New, key)
	h.Write(message)
	return h.Sum(nil)
}
