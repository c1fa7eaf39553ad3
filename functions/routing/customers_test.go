//go:build !race

package routing

// customers are how many TestNobodyWaitsBesideAFreeAgent has write.
const customers = 10_000
