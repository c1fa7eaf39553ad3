package tests

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/deskline/deskline/emulator/suite"
	"github.com/deskline/deskline/tests/floor"
)

// R29: a page's entry rules lead a customer to the queue for what he came for: by the link he came by, also when he writes
// only later, by a word in his first message, and otherwise to the page's own queue. Only the first message counts.
func TestEntryRulesLeadToAQueue(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	c.Configure(`assets: [{channel: messenger, account: "` + suite.PageID + `", name: Acme Shoes, display: Acme Shoes, queue: sales, token: messenger-acme,
  rules: [{on: ref, value: give-back, queue: returns}, {on: keyword, value: devolver, queue: returns}]}]`)
	ana := c.Agent("ana").SignsIn()

	lea := c.Visitor("lea")
	lea.Arrives("give-back")
	c.Settle()
	lea.Writes("hola")
	assert.Equal(t, "returns", ana.IsOffered().Queue.ID)
	ana.Accepts()

	max := c.Visitor("max")
	max.Writes("Quiero DEVOLVER unos zapatos")
	assert.Equal(t, "returns", ana.IsOffered().Queue.ID)
	ana.Accepts()

	kim := c.Visitor("kim")
	kim.Arrives("spring-sale")
	c.Settle()
	kim.Writes("hola")
	assert.Equal(t, "sales", ana.IsOffered().Queue.ID)
	i := ana.Accepts()
	kim.Writes("¿y si quiero devolver algo?")
	c.Settle()
	assert.Equal(t, "sales", ana.Sees(i.ID).Queue.ID, "he is in conversation already")
}
