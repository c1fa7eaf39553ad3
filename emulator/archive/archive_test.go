package archive_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/firestore"
	apiv1 "cloud.google.com/go/firestore/apiv1"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/api/option"

	"github.com/deskline/deskline/emulator/archive"
	embedded "github.com/deskline/deskline/emulator/firestore"
	"github.com/deskline/deskline/shared/dial"
)

const database = "projects/test/databases/(default)"

// open is an empty database, by both of its clients.
func open(t *testing.T) (*firestore.Client, *apiv1.Client) {
	t.Helper()
	s := embedded.New(embedded.Options{})
	require.NoError(t, s.Start("127.0.0.1:0"))
	t.Cleanup(s.Close)
	options := func() []option.ClientOption {
		opts, err := dial.Options(s.Addr())
		require.NoError(t, err)
		return opts
	}
	client, err := firestore.NewClient(t.Context(), "test", options()...)
	require.NoError(t, err)
	t.Cleanup(func() { _ = client.Close() })
	raw, err := apiv1.NewClient(t.Context(), options()...)
	require.NoError(t, err)
	t.Cleanup(func() { _ = raw.Close() })
	return client, raw
}

func TestAnArchiveHoldsEverythingAndIsTheSameEachTime(t *testing.T) {
	client, raw := open(t)
	for path, data := range map[string]map[string]any{
		"agents/ana":               {"state": "offline", "seats": []any{"i1", int64(2), 2.5, nil, true}},
		"agents/ana/deep/er/in/it": {"at": time.Unix(1, 5000).UTC(), "raw": []byte{0, 255}},
		"contacts/c1":              {"name": "Lea 👟 Martín", "nested": map[string]any{"a.b": map[string]any{"`": int64(1) << 60}}},
		"empty/e":                  {},
	} {
		_, err := client.Doc(path).Set(t.Context(), data)
		require.NoError(t, err)
	}
	var first bytes.Buffer
	n, err := archive.Write(t.Context(), raw, database, &first)
	require.NoError(t, err)
	assert.Equal(t, 4, n)
	assert.Contains(t, first.String(), `{"document":"empty/e","fields":{}}`)
	assert.True(t, strings.HasPrefix(first.String(), `{"document":"agents/ana","fields":{"seats":{"arrayValue":`), first.String())

	other, otherRaw := open(t)
	n, err = archive.Read(t.Context(), otherRaw, database, bytes.NewReader(first.Bytes()))
	require.NoError(t, err)
	assert.Equal(t, 4, n)
	var second bytes.Buffer
	_, err = archive.Write(t.Context(), otherRaw, database, &second)
	require.NoError(t, err)
	assert.Equal(t, first.String(), second.String())
	found, err := other.Doc("agents/ana/deep/er/in/it").Get(t.Context())
	require.NoError(t, err)
	assert.Equal(t, map[string]any{"at": time.Unix(1, 5000).UTC(), "raw": []byte{0, 255}}, found.Data())
}

func TestAnArchiveMayBeLargerThanACommit(t *testing.T) {
	client, raw := open(t)
	var lines strings.Builder
	large := strings.Repeat("x", 900_000)
	for n := range 600 {
		text := "short"
		if n < 10 {
			text = large
		}
		fmt.Fprintf(&lines, `{"document":"messages/m%04d","fields":{"text":{"stringValue":%q}}}`+"\n", n, text)
	}
	n, err := archive.Read(t.Context(), raw, database, strings.NewReader(lines.String()))
	require.NoError(t, err)
	assert.Equal(t, 600, n)
	found, err := client.Doc("messages/m0009").Get(t.Context())
	require.NoError(t, err)
	assert.Equal(t, large, found.Data()["text"])
	var out bytes.Buffer
	n, err = archive.Write(t.Context(), raw, database, &out)
	require.NoError(t, err)
	assert.Equal(t, 600, n)
	assert.Equal(t, lines.String(), out.String())
}

func TestAFileThatIsNoArchiveChangesNothing(t *testing.T) {
	client, raw := open(t)
	const good = `{"document":"agents/ana","fields":{}}` + "\n"
	for bad, want := range map[string]string{
		"clients: []":              "line 2 is no record",
		`{"document":"agents/bob"`: "line 2 is no record",
		`{"document":"agents/bob","fields":{},"more":1}`: `unknown field "more"`,
		`{"fields":{}}`: "it names no document",
		`{"document":"agents/bob","fields":{"a":{"stringValue":1}}}`:            `field "a"`,
		`{"document":"agents/bob","fields":{"a":{"textValue":"x"}}}`:            `field "a"`,
		`{"document":"x","fields":{"a":"` + strings.Repeat("x", 17<<20) + `"}}`: "after line 1",
	} {
		_, err := archive.Read(t.Context(), raw, database, strings.NewReader(good+bad))
		assert.ErrorContains(t, err, want)
	}
	found, err := client.Doc("agents/ana").Get(t.Context())
	assert.Error(t, err)
	assert.False(t, found.Exists())
}

func TestAnArchiveOverwritesNothing(t *testing.T) {
	client, raw := open(t)
	_, err := client.Doc("agents/ana").Set(t.Context(), map[string]any{"state": "available"})
	require.NoError(t, err)
	_, err = archive.Read(t.Context(), raw, database, strings.NewReader(`{"document":"agents/ana","fields":{}}`))
	assert.ErrorContains(t, err, "agents/ana")
	_, err = archive.Read(t.Context(), raw, database, strings.NewReader(`{"document":"agents","fields":{}}`))
	assert.Error(t, err, "that is no document's path")
}
