package student

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"

	"prism/internal/prompt"
)

// Folds that rows are dealt to: of few rows more, so that each student sees most of them.
const (
	folds     = 5
	manyFolds = 10
	fewRows   = 1000
)

// Sample is rows with labels to learn from.
type Sample struct {
	Rows   []prompt.Mention
	Values [][]string // columns of the schema × rows: what Cell says of the cells
	Weight []float64  // by row
}

// Opinions are what students said of rows that they had not seen.
type Opinions struct {
	Columns []OpinionColumn // one a column of the schema
}

// OpinionColumn are the opinions of a column, by row.
type OpinionColumn struct {
	Given      []string // what the student would write where the row is applicable; nil: the column is not learned
	Confidence []float64
}

// ErrTooFew is about a sample of which nothing can be learned.
var ErrTooFew = errors.New("too few rows to learn from")

// Train trains a student on a sample, and returns what the students of the folds thought of the
// rows. The header has no thresholds yet.
func Train(ctx context.Context, s *prompt.Schema, inputs Inputs, sample *Sample, seed uint64) (*Student, *Opinions, error) {
	if len(sample.Rows) < 2*MinRows {
		return nil, nil, fmt.Errorf("%w: there are %d, want at least %d", ErrTooFew, len(sample.Rows), 2*MinRows)
	}
	t := newTrainer(s, sample, seed)
	if !slices.ContainsFunc(t.targets, (*target).isLearned) {
		return nil, nil, fmt.Errorf("%w: no label has %d rows", ErrTooFew, MinRows)
	}
	if err := t.countRows(ctx); err != nil {
		return nil, nil, err
	}
	t.dealFolds()
	st := &Student{Header: Header{Features: featureVersion, Seed: seed, Codebook: s.Hash(), Inputs: inputs}}
	if err := t.trainAll(ctx, st); err != nil {
		return nil, nil, err
	}
	for _, target := range t.targets {
		target.calibrate(t.marginsOf(target))
		st.Columns = append(st.Columns, target.Column)
	}
	return st, t.opinions(), nil
}

// trainer is a training under way.
type trainer struct {
	sample    *Sample
	seed      uint64
	targets   []*target
	functions int
	rows      [][]bucketCount
	fold      []int32 // by row
	folds     int
	margins   [][]float64 // rows × functions: what the student of a row's fold said
}

func newTrainer(s *prompt.Schema, sample *Sample, seed uint64) *trainer {
	t := &trainer{sample: sample, seed: seed, folds: folds, margins: make([][]float64, len(sample.Rows))}
	if len(sample.Rows) <= fewRows {
		t.folds = manyFolds
	}
	applies := make([]bool, len(sample.Rows))
	for row := range applies {
		applies[row] = s.Gate == prompt.NoGate || !isNotApplicable(sample.Values[s.Gate][row])
	}
	for i := range s.Columns {
		target := newTarget(s, i, sample.Values[i], applies)
		target.First = t.functions
		t.functions += target.functions()
		t.targets = append(t.targets, target)
	}
	return t
}

// countRows counts the buckets of all rows.
func (t *trainer) countRows(ctx context.Context) error {
	t.rows = make([][]bucketCount, len(t.sample.Rows))
	var g errgroup.Group
	workers := runtime.GOMAXPROCS(0)
	for worker := range workers {
		g.Go(func() error {
			var s scanner
			for i := worker; i < len(t.rows); i += workers {
				if ctx.Err() != nil {
					return context.Cause(ctx)
				}
				t.rows[i] = s.countBuckets(&t.sample.Rows[i])
			}
			return nil
		})
	}
	return g.Wait()
}

// dealFolds deals the rows to the folds. Rows with the same features are in one fold: else a
// student would be judged by rows that it saw.
func (t *trainer) dealFolds() {
	groups := map[uint64]int{}
	var group []int // by row
	for _, row := range t.rows {
		key := hashRow(row)
		if _, known := groups[key]; !known {
			groups[key] = len(groups)
		}
		group = append(group, groups[key])
	}
	order := rand.New(rand.NewPCG(t.seed, 0)).Perm(len(groups))
	for _, g := range group {
		t.fold = append(t.fold, int32(order[g]%t.folds))
	}
}

func hashRow(row []bucketCount) uint64 {
	h := fnv.New64a()
	for _, c := range row {
		h.Write([]byte{byte(c.bucket), byte(c.bucket >> 8), byte(c.bucket >> 16), byte(c.count), byte(c.count >> 8)})
	}
	return h.Sum64()
}

// trainAll trains the students of the folds, and st on all rows.
func (t *trainer) trainAll(ctx context.Context, st *Student) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	for fold := range t.folds {
		g.Go(func() error { return t.judgeFold(ctx, int32(fold)) })
	}
	g.Go(func() error { return t.trainOnAll(ctx, st) })
	return g.Wait()
}

// vectorize takes the vocabulary from the rows that isTrained tells of, and makes the vectors of all rows.
func (t *trainer) vectorize(isTrained func(row int) bool) (v *vocabulary, vectors []vector) {
	v = newVocabulary(t.rows, isTrained, t.functions)
	vectors = make([]vector, len(t.rows))
	for i, row := range t.rows {
		vectors[i] = v.vectorOf(row)
	}
	return v, vectors
}

// judgeFold trains on all rows but those of a fold, and keeps the margins of these.
func (t *trainer) judgeFold(ctx context.Context, fold int32) error {
	isTrained := func(row int) bool { return t.fold[row] != fold }
	v, vectors := t.vectorize(isTrained)
	for i := range t.rows {
		if t.fold[i] == fold {
			t.margins[i] = make([]float64, t.functions)
		}
	}
	return t.eachFunction(ctx, uint64(fold)+1, vectors, len(v.buckets), isTrained, func(function int, w []float64) {
		for i := range vectors {
			if t.fold[i] == fold {
				t.margins[i][function] = vectors[i].margin(w)
			}
		}
	})
}

// trainOnAll trains on all rows.
func (t *trainer) trainOnAll(ctx context.Context, st *Student) error {
	all := func(int) bool { return true }
	v, vectors := t.vectorize(all)
	st.buckets, st.idf, st.index = v.buckets, v.idf, v.index
	st.Buckets, st.Functions = len(v.buckets), t.functions
	st.weights = make([]float32, (len(v.buckets)+1)*t.functions)
	return t.eachFunction(ctx, 0, vectors, len(v.buckets), all, func(function int, w []float64) {
		for i, x := range w {
			st.weights[i*t.functions+function] = float32(x)
		}
	})
}

// eachFunction fits each function of all columns to the rows that isTrained tells of. stream
// is the stream of random numbers, which no other training has.
func (t *trainer) eachFunction(ctx context.Context, stream uint64, vectors []vector, features int, isTrained func(row int) bool, take func(function int, w []float64)) error {
	for _, target := range t.targets {
		for f := range target.functions() {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			var examples []example
			for row, x := range vectors {
				if target.class[row] != noClass && isTrained(row) {
					examples = append(examples, example{vector: x, isAbove: target.sign(f, row), weight: t.sample.Weight[row]})
				}
			}
			rng := rand.New(rand.NewPCG(t.seed, stream<<32|uint64(target.First+f)+1))
			take(target.First+f, fit(examples, features, rng))
		}
	}
	return nil
}

// marginsOf are the margins of a column's functions, by row.
func (t *trainer) marginsOf(target *target) [][]float64 {
	margins := make([][]float64, len(t.margins))
	for row := range margins {
		margins[row] = t.margins[row][target.First : target.First+target.functions()]
	}
	return margins
}

// opinions are what the students of the folds say, calibrated.
func (t *trainer) opinions() *Opinions {
	o := &Opinions{Columns: make([]OpinionColumn, len(t.targets))}
	for i, target := range t.targets {
		if !target.isLearned() {
			continue
		}
		c := &o.Columns[i]
		scratch := make([]float64, 0, target.classes())
		for _, margins := range t.marginsOf(target) {
			cell, confidence := target.decide(target.codebook, margins, scratch)
			c.Given = append(c.Given, cell)
			c.Confidence = append(c.Confidence, confidence)
		}
	}
	return o
}
