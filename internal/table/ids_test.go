package table

import (
	"math"
	"math/rand/v2"
	"strconv"
	"testing"
)

func TestIDsTellsRepeatedOnes(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var set IDs
	seen := map[int64]bool{}
	ids := []int64{math.MinInt64, math.MaxInt64, math.MinInt64, -1, 0, 1}
	for range 20_000 {
		ids = append(ids, rng.Int64N(9000)-4500)
	}
	for _, id := range ids {
		_, err := set.Add("in.csv", 3, strconv.AppendInt(nil, id, 10))
		if (err != nil) != seen[id] {
			t.Fatalf("Add(%d) = %v, seen before: %v", id, err, seen[id])
		}
		seen[id] = true
	}
}

func TestIDsOfAscendingStreamStaySmall(t *testing.T) {
	var set IDs
	for id := range int64(100_000) {
		if _, err := set.Add("in.csv", id+2, strconv.AppendInt(nil, id, 10)); err != nil {
			t.Fatal(err)
		}
	}
	if len(set.runs) != 1 || len(set.others) != 0 {
		t.Errorf("%d runs and %d others, want one run", len(set.runs), len(set.others))
	}
}
