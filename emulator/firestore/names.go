package firestore

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Limits on names. Source: cloud.google.com/firestore/quotas, read 2026-11-21.
const (
	maxNameBytes         = 1500    // a document ID, a collection ID, a field name or a field path
	maxDocumentNameBytes = 6 << 10 // a document's name, counted as for its size
	maxPathSegments      = 200     // 100 collections inside one another, each with a document
)

// databaseName identifies a database; any project and any database exist.
type databaseName struct {
	project, database string
}

// name is the database's resource name.
func (n databaseName) name() string {
	return "projects/" + n.project + "/databases/" + n.database
}

// root is the resource name above every document of the database.
func (n databaseName) root() string {
	return "projects/" + n.project + "/databases/" + n.database + "/documents"
}

// full is the resource name of the document or collection at a path relative to the root.
func (n databaseName) full(path string) string {
	return "projects/" + n.project + "/databases/" + n.database + "/documents/" + path
}

// maxMessageBytes is how long the text of a status may be. It travels in a header, which clients limit, and may quote the request.
const maxMessageBytes = 4 << 10

// cutMark ends a text that was longer.
const cutMark = " …"

// refusal is a status whose text has a bounded length.
func refusal(code codes.Code, format string, args ...any) error {
	text := fmt.Sprintf(format, args...)
	if len(text) > maxMessageBytes {
		text = strings.ToValidUTF8(text[:maxMessageBytes], "") + cutMark
	}
	return status.Error(code, text)
}

func invalid(format string, args ...any) error {
	return refusal(codes.InvalidArgument, format, args...)
}

// message is the text of a status error without its code, to be put into a longer one.
func message(err error) string { return status.Convert(err).Message() }

func unimplemented(format string, args ...any) error {
	return refusal(codes.Unimplemented, format, args...)
}

// parseDatabase reads projects/{project}/databases/{database}.
func parseDatabase(name string) (databaseName, error) {
	n, rest, ok := cutDatabase(name)
	if !ok || rest != "" {
		return databaseName{}, invalid("%q is no database name: want projects/{project}/databases/{database}", name)
	}
	return n, nil
}

// cutDatabase splits a resource name after its database; rest starts with a slash or is empty.
func cutDatabase(name string) (n databaseName, rest string, ok bool) {
	s, ok := strings.CutPrefix(name, "projects/")
	if !ok {
		return n, "", false
	}
	n.project, s, ok = strings.Cut(s, "/")
	if !ok || n.project == "" {
		return n, "", false
	}
	if s, ok = strings.CutPrefix(s, "databases/"); !ok {
		return n, "", false
	}
	n.database = s
	if i := strings.IndexByte(s, '/'); i >= 0 {
		n.database, rest = s[:i], s[i:]
	}
	return n, rest, n.database != "" && utf8.ValidString(n.project) && utf8.ValidString(n.database)
}

// parseParent reads the root of a database (path "") or the name of a document.
func parseParent(name string) (databaseName, string, error) {
	n, rest, ok := cutDatabase(name)
	if ok && rest == "/documents" {
		return n, "", nil
	}
	return parseDocument(name)
}

// parseDocument reads a document's resource name into its database and its path relative to the root.
func parseDocument(name string) (databaseName, string, error) {
	n, rest, ok := cutDatabase(name)
	path, below := strings.CutPrefix(rest, "/documents/")
	if !ok || !below {
		return n, "", invalid("%q is no document name: want projects/{project}/databases/{database}/documents/{path}", name)
	}
	count := 0
	for segment := range strings.SplitSeq(path, "/") {
		count++
		if _, numeric := numericID(segment); numeric && count%2 == 0 {
			continue
		}
		if err := checkID(segment); err != nil {
			return n, "", invalid("document name %q: %s", name, message(err))
		}
	}
	switch {
	case count%2 != 0:
		return n, "", invalid("document name %q names a collection: the path has %d segments, a document has an even number", name, count)
	case count > maxPathSegments:
		return n, "", invalid("document name %q has %d segments, more than the allowed %d", name, count, maxPathSegments)
	case nameSize(path) > maxDocumentNameBytes:
		return n, "", invalid("a document name of %d bytes is longer than the allowed %d", nameSize(path), maxDocumentNameBytes)
	}
	return n, path, nil
}

// parseDocumentIn is parseDocument for a name that must belong to one database.
func parseDocumentIn(want databaseName, name string) (string, error) {
	n, path, err := parseDocument(name)
	if err != nil {
		return "", err
	}
	if n != want {
		return "", invalid("document %q is not in the database of the request, %q", name, want.root())
	}
	return path, nil
}

// checkID applies the rules for document and collection IDs.
// Source: cloud.google.com/firestore/quotas, read 2026-11-21.
func checkID(id string) error {
	switch {
	case id == "":
		return invalid("an ID in the path is empty")
	case id == "." || id == "..":
		return invalid("ID %q is not allowed", id)
	case !utf8.ValidString(id):
		return invalid("ID %q is not valid UTF-8", id)
	case len(id) > maxNameBytes:
		return invalid("an ID of %d bytes is longer than the allowed %d", len(id), maxNameBytes)
	case strings.Contains(id, "/"):
		return invalid("ID %q contains a slash", id)
	case reserved(id):
		return invalid("ID %q is reserved: it matches __.*__", id)
	}
	return nil
}

// reserved reports whether a name matches __.*__, which the service keeps for itself.
func reserved(name string) bool {
	return len(name) >= 4 && strings.HasPrefix(name, "__") && strings.HasSuffix(name, "__")
}

// numericID reads a document ID of the form __id7__, which stands for the integer: the one reserved
// form that a document may have. Source: firebase-js-sdk, database.test.ts, "sort documents by
// DocumentId", which runs on the service, read 2026-11-21; that 0 is none, Google's emulator 1.19.9.
func numericID(id string) (int64, bool) {
	digits, ok := strings.CutPrefix(id, "__id")
	if !ok {
		return 0, false
	}
	if digits, ok = strings.CutSuffix(digits, "__"); !ok {
		return 0, false
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	return n, err == nil && n != 0 && strconv.FormatInt(n, 10) == digits
}

// splitPath cuts a document's path into its collection's path and its ID.
func splitPath(path string) (collection, id string) {
	i := strings.LastIndexByte(path, '/')
	return path[:i], path[i+1:]
}

// groupOf is the last segment of a collection's path: its collection ID.
func groupOf(collection string) string {
	return collection[strings.LastIndexByte(collection, '/')+1:]
}
