//go:build race

package routing

// customers are fewer where each takes ten times as long.
const customers = 500
