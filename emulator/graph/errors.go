package graph

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
)

// Error codes this package answers with by itself.
const (
	codeUnknown       = 1
	codeService       = 2
	codePermission    = 10
	codeInvalid       = 100
	codeToken         = 190
	codePath          = 2500
	codeUndeliverable = 131026
	codeParamMissing  = 131008
	codeReengagement  = 131047
	codeParamCount    = 132000
	codeNoTemplate    = 132001
	codeTextTooLong   = 132005
	codeParamFormat   = 132018
)

// Subcodes this package answers with by itself.
const (
	subcodeNoObject = 33      // with codeInvalid: an object that does not exist or that the token may not see
	subcodeNoUser   = 2018001 // with codeInvalid
	subcodeEmpty    = 2018034 // with codeInvalid
	subcodeWindow   = 2018278 // with codePermission
)

// Error types. Almost every error is an OAuthException, whatever it is about.
const (
	typeOAuth  = "OAuthException"
	typeMethod = "GraphMethodException"
)

// apiError is the body of an error answer under "error".
// Source: facebook/openapi business-messaging-api_v23.0.yaml, schema GraphAPIError.
type apiError struct {
	status int // HTTP

	Message   string     `json:"message"`
	Type      string     `json:"type"`
	Code      int        `json:"code"`
	Subcode   int        `json:"error_subcode,omitempty"`
	Transient bool       `json:"is_transient,omitempty"`
	Data      *errorData `json:"error_data,omitempty"`
	TraceID   string     `json:"fbtrace_id"`
}

type errorData struct {
	Product string `json:"messaging_product,omitempty"`
	Details string `json:"details"`
}

// meaning is what is documented of an error code.
type meaning struct {
	status int // HTTP
	title  string
}

// meanings lists the codes a sender of messages meets.
// Source: titles from developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes,
// the 400 of limits and the 403 of locks from its copy at docs.360dialog.com, both read
// 2026-11. The 5xx of service errors are unverified: callers decide on the code.
// Messenger's, and the titles of subtitles, from developers.facebook.com/docs/messenger-platform/error-codes
// of 2026-03-18; that 551 comes with 400 is unverified.
var meanings = map[int]meaning{
	-1:                {500, "Send message failure. Internal error"},
	0:                 {401, "AuthException"},
	codeUnknown:       {500, "An unknown error occurred"},
	codeService:       {503, "Service temporarily unavailable"},
	3:                 {500, "API Method"},
	4:                 {400, "Application request limit reached"},
	codePermission:    {403, "Application does not have permission for this action"},
	codeInvalid:       {400, "Invalid parameter"},
	codeToken:         {401, "Invalid OAuth access token - Cannot parse access token"},
	200:               {403, "API Permission"},
	368:               {403, "Temporarily blocked for policies violations"},
	551:               {400, "This person isn't available right now."},
	613:               {400, "Calls to this API have exceeded the rate limit"},
	codePath:          {400, "Unknown path components"},
	80007:             {400, "Rate limit issues"},
	130429:            {400, "Rate limit hit"},
	131000:            {500, "Something went wrong"},
	131005:            {403, "Access denied"},
	codeParamMissing:  {400, "Required parameter is missing"},
	131009:            {400, "Parameter value is not valid"},
	131016:            {500, "Service unavailable"},
	131021:            {400, "Recipient cannot be sender"},
	codeUndeliverable: {400, "Message undeliverable"},
	131031:            {403, "Account has been locked"},
	131042:            {400, "Business eligibility payment issue"},
	codeReengagement:  {400, "Re-engagement message"},
	131048:            {400, "Spam rate limit hit"},
	131051:            {400, "Unsupported message type"},
	131052:            {400, "Media download error"},
	131053:            {400, "Media upload error"},
	131056:            {400, "(Business Account, Consumer Account) pair rate limit hit"},
	131057:            {500, "Account in maintenance mode"},
	codeParamCount:    {400, "Number of parameters does not match the expected number of params"},
	codeNoTemplate:    {404, "Template does not exist"},
	codeTextTooLong:   {400, "Template Hydrated Text Too Long"},
	codeParamFormat:   {400, "There's an issue with the parameters in your template"},
	133010:            {400, "Phone number not registered"},
}

// subtitles are the titles of codes that depend on the subcode.
var subtitles = map[[2]int]string{
	{codePermission, subcodeWindow}: "This message is sent outside of allowed window.",
	{codePermission, 1893063}:       "This Page is restricted from sending messages.",
	{codeInvalid, subcodeNoUser}:    "No matching user found",
	{codeInvalid, subcodeEmpty}:     "Message cannot be empty, must provide valid attachment or text",
}

// describe returns what is known of a code; an unknown one is a plain 400.
func describe(code int) meaning {
	if m, ok := meanings[code]; ok {
		return m
	}
	return meaning{status: http.StatusBadRequest, title: "Unspecified error"}
}

// fail makes the error for a code and its subcode, 0 for none, as it is documented.
func fail(code, subcode int) *apiError {
	m := describe(code)
	if title, ok := subtitles[[2]int{code, subcode}]; ok {
		m.title = title
	}
	message := fmt.Sprintf("(#%d) %s", code, m.title)
	if code == codeToken || code == codeUnknown || code == codeService {
		message = m.title
	}
	return &apiError{
		status:    m.status,
		Message:   message,
		Type:      typeOAuth,
		Code:      code,
		Subcode:   subcode,
		Transient: code == codeService,
	}
}

// noObject is the answer for an ID that names nothing the token may see.
func noObject(id string) *apiError {
	e := fail(codeInvalid, subcodeNoObject)
	e.Message = fmt.Sprintf("Unsupported post request. Object with ID '%s' does not exist, cannot be loaded due to "+
		"missing permissions, or does not support this operation", id)
	e.Type = typeMethod
	return e
}

// answer writes a JSON answer of the Graph API and sends it off at once, so that
// what happens after it happens after the caller could know.
func answer(w http.ResponseWriter, status int, body any) {
	raw, err := json.Marshal(body)
	if err != nil {
		panic(fmt.Sprintf("graph: encode answer: %v", err))
	}
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	w.Header().Set("Content-Length", strconv.Itoa(len(raw)))
	w.WriteHeader(status)
	_, _ = w.Write(raw)                       // a caller that hung up needs no answer
	_ = http.NewResponseController(w).Flush() // nor here
}

// refuse answers with an error in Meta's envelope.
func refuse(w http.ResponseWriter, e *apiError) {
	e.TraceID = newTraceID()
	if e.status < http.StatusInternalServerError {
		reason := "invalid_request"
		if e.Code == codeToken {
			reason = "invalid_token"
		}
		w.Header().Set("WWW-Authenticate", fmt.Sprintf("OAuth \"Facebook Platform\" %q %q", reason, e.Message))
	}
	answer(w, e.status, map[string]*apiError{"error": e})
}
