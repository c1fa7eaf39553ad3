package firestore

import (
	"context"
	"os"
	"regexp"
	"strings"
	"testing"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"
)

// TestReadmeListsTheCalls asks for every call of the service, and expects those that are implemented, and no others, in the
// README's table.
func TestReadmeListsTheCalls(t *testing.T) {
	text, err := os.ReadFile("README.md")
	require.NoError(t, err)
	_, section, _ := strings.Cut(string(text), "\n## Calls\n")
	section, _, _ = strings.Cut(section, "\n## ")
	table, rest, found := strings.Cut(section, "\n`UNIMPLEMENTED`: the calls ")
	require.True(t, found)
	missing, _, found := strings.Cut(rest, ";")
	require.True(t, found)
	quoted := regexp.MustCompile("`([A-Z]\\w+)`")
	var listed, unlisted []string
	for line := range strings.Lines(table) {
		cells := strings.Split(line, "|")
		if len(cells) < 3 {
			continue
		}
		for _, m := range quoted.FindAllStringSubmatch(cells[1], -1) {
			listed = append(listed, m[1])
		}
	}
	for _, m := range quoted.FindAllStringSubmatch(missing, -1) {
		unlisted = append(unlisted, m[1])
	}
	var implemented, not []string
	conn := dial(t, startServer(t, Options{}))
	desc := pb.Firestore_ServiceDesc
	sort := func(name string, err error) {
		require.Error(t, err, "%s takes an empty request", name)
		if strings.Contains(status.Convert(err).Message(), "method "+name+" not implemented") {
			not = append(not, name)
			return
		}
		implemented = append(implemented, name)
	}
	for _, m := range desc.Methods {
		sort(m.MethodName, conn.Invoke(context.Background(), "/"+desc.ServiceName+"/"+m.MethodName, &emptypb.Empty{}, &emptypb.Empty{}))
	}
	for i, s := range desc.Streams {
		stream, err := conn.NewStream(context.Background(), &desc.Streams[i], "/"+desc.ServiceName+"/"+s.StreamName)
		require.NoError(t, err)
		sort(s.StreamName, firstOf(stream))
	}
	assert.ElementsMatch(t, implemented, listed)
	assert.ElementsMatch(t, not, unlisted)
}

// firstOf is the error that a stream ends with after an empty request.
func firstOf(stream grpc.ClientStream) error {
	if err := stream.SendMsg(&emptypb.Empty{}); err != nil {
		return err
	}
	return stream.RecvMsg(&emptypb.Empty{})
}
