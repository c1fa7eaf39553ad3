package firestore

import (
	"errors"
	"io"
	"slices"
	"strings"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/grpc/status"
)

func codeOf(err error) string { return status.Code(err).String() }

// batchGet answers what was found and what is missing, sorted.
func (c *conversation) batchGet(paths ...string) string {
	names := make([]string, len(paths))
	for i, p := range paths {
		names[i] = c.doc(p)
	}
	stream, err := c.BatchGetDocuments(c.t.Context(), &pb.BatchGetDocumentsRequest{Database: c.database, Documents: names})
	if err != nil {
		return codeOf(err)
	}
	var out []string
	for {
		resp, err := stream.Recv()
		switch {
		case errors.Is(err, io.EOF):
			slices.Sort(out)
			return strings.Join(out, " ")
		case err != nil:
			return codeOf(err)
		case resp.GetFound() != nil:
			out = append(out, "found:"+strings.TrimPrefix(resp.GetFound().GetName(), c.doc("c/")))
		case resp.GetMissing() != "":
			out = append(out, "missing:"+strings.TrimPrefix(resp.GetMissing(), c.doc("c/")))
		}
	}
}

// asks runs a query on an empty database.
func asks(clauses ...clause) func(*conversation) string {
	return func(c *conversation) string { return c.query(c.root(), queryOf(clauses...)) }
}

var badQueryCases = []conformanceCase{
	{name: "bad query: no collection", ask: asks(func(q *pb.StructuredQuery) { q.From = nil }), want: "InvalidArgument",
		google: "", why: "production unknown: the emulator reads every collection"},
	{name: "bad query: two collections", ask: asks(func(q *pb.StructuredQuery) { q.From = append(q.From[:1:1], fromC...) }), want: "InvalidArgument"},
	{name: "bad query: path as collection", ask: asks(under("c/x/d", false)), want: "InvalidArgument"},
	{name: "bad query: reserved collection", ask: asks(under("__c__", false)), want: "InvalidArgument"},
	{name: "bad query: empty filter", ask: asks(filtered(&pb.StructuredQuery_Filter{})), want: "InvalidArgument"},
	{name: "bad query: empty composite", ask: asks(filtered(or())), want: "InvalidArgument"},
	{name: "bad query: no operator", ask: asks(filtered(is(0, 1))), want: "InvalidArgument"},
	{name: "bad query: filter without field", ask: asks(filtered(fieldFilter("", eq, intValue(1)))), want: "InvalidArgument"},
	{name: "bad query: reserved field", ask: asks(filtered(fieldFilter("__x__", eq, intValue(1)))), want: "InvalidArgument"},
	{name: "bad query: in a number", ask: asks(filtered(is(in, 1))), want: "InvalidArgument"},
	{name: "bad query: in nothing", ask: asks(filtered(is(in, []any{}))), want: "InvalidArgument"},
	{name: "bad query: in 31 values", ask: asks(filtered(is(in, values(31)))), want: "InvalidArgument"},
	{name: "query: in 30 values", ask: asks(filtered(is(in, values(30)))), want: ""},
	{name: "bad query: not in 11 values", ask: asks(filtered(is(notAny, values(11)))), want: "InvalidArgument"},
	{name: "query: not in 10 values", ask: asks(filtered(is(notAny, values(10)))), want: ""},
	{name: "bad query: 36 disjunctions", ask: asks(filtered(is(in, values(6)), w(in, values(6)))), want: "InvalidArgument"},
	{name: "bad query: two !=", ask: asks(filtered(is(ne, 1), w(ne, 1))), want: "InvalidArgument"},
	{name: "bad query: != and not in", ask: asks(filtered(is(ne, 1), is(notAny, values(2)))), want: "InvalidArgument"},
	{name: "bad query: not in and in", ask: asks(filtered(is(notAny, values(2)), w(in, values(2)))), want: "InvalidArgument"},
	{name: "bad query: not in and or", ask: asks(filtered(is(notAny, values(2)), or(w(eq, 1), w(eq, 2)))), want: "InvalidArgument"},
	{name: "bad query: two array contains", ask: asks(filtered(is(holds, 1), w(holds, 1))), want: "InvalidArgument"},
	{name: "bad query: array contains and any", ask: asks(filtered(is(holds, 1), w(hasAny, values(2)))), want: "InvalidArgument"},
	{name: "bad query: name and a string", ask: asks(filtered(fieldFilter("__name__", eq, stringValue("x")))), want: "InvalidArgument"},
	{name: "bad query: order by a bad path", ask: asks(by("a b")), want: "InvalidArgument"},
	{name: "bad query: order by a field twice", ask: asks(by("v", "-v")), want: "InvalidArgument"},
	{name: "bad query: cursor longer than the order", ask: asks(by("v"), from(true, 1, 2, 3)), want: "InvalidArgument"},
	{name: "bad query: cursor that is no name", ask: asks(by("__name__"), from(true, 1)), want: "InvalidArgument"},
	{name: "bad query: negative limit", ask: asks(limit(-1)), want: "InvalidArgument"},
	{name: "bad query: negative offset", ask: asks(offset(-1)), want: "InvalidArgument"},
	{name: "bad query: parent without documents", want: "InvalidArgument", ask: func(c *conversation) string {
		return c.query(c.database, queryOf())
	}},
	{name: "bad query: parent is a collection", want: "InvalidArgument", ask: func(c *conversation) string {
		return c.query(c.doc("c"), queryOf())
	}},
}
