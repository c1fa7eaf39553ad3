package admin

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestValuesOfABodyHaveTheirPlaces(t *testing.T) {
	root, err := jsonDocument([]byte("{\"año\": [1,\n  \"é\\n\",\t{\"x\" :null}],\r\n\n \"z\":true}"))
	require.NoError(t, err)
	var places []string
	for _, n := range append(root.Content, append(root.Content[1].Content, root.Content[1].Content[2].Content...)...) {
		places = append(places, fmt.Sprintf("%d:%d %s", n.Line, n.Column, n.Value))
	}
	assert.Equal(t, []string{"1:2 año", "1:9 ", "4:2 z", "4:6 true", "1:10 1", "2:3 é\n", "2:10 ", "2:11 x", "2:16 "}, places)
}

// The largest body may be one line of nothing but values. Looking for each from the beginning of the line would take minutes.
func TestALongLineIsReadOnce(t *testing.T) {
	const values = 1_500_000
	root, err := jsonDocument([]byte("[" + strings.Repeat("7,", values-1) + "7]"))
	require.NoError(t, err)
	require.Len(t, root.Content, values)
	assert.Equal(t, 2*values, root.Content[values-1].Column)
}
