package job

import (
	"math"
	"time"
)

// Rough numbers, used if no earlier run gives better ones.
const (
	bytesPerToken = 4

	tokensPerBlock = 60 // of the rules and words around a row in a prompt
	tokensPerLabel = 8  // of a column in a reply, with its name

	compactTokensPerBlock = 10 // likewise, in compact style
	compactTokensPerLabel = 4
)

// Rate is the speed of an earlier run, from its call logs. Zero fields are unknown.
type Rate struct {
	RunID              string
	BatchSize          int
	RowsPerSec         float64 // of all its workers
	TokensPerRow       float64 // generated
	PromptTokensPerRow float64
}

// Load is what a run has to do.
type Load struct {
	Rows        []int64 // of each unit
	Bytes       int64   // of the rows
	PromptBytes int     // of the system message
	Columns     int     // to code
}

// Estimate is what a run will need. Its tokens and time are rough.
type Estimate struct {
	Calls        int64
	PromptTokens int64
	Tokens       int64         // generated
	Time         time.Duration // 0: no rate is known
}

// Estimate computes what a load needs with these batches. The time is that of the
// earlier run, corrected for another batch size by the speeds that m lists.
func (c *Config) Estimate(l Load, r Rate, m *Models) Estimate {
	var e Estimate
	var rows int64
	batch := int64(c.Model.BatchSize)
	for _, n := range l.Rows {
		rows += n
		e.Calls += (n + batch - 1) / batch
	}
	perBlock, perLabel := int64(tokensPerBlock), int64(tokensPerLabel)
	if c.Model.PromptStyle == compactStyle {
		perBlock, perLabel = compactTokensPerBlock, compactTokensPerLabel
	}
	e.PromptTokens = e.Calls*int64(l.PromptBytes)/bytesPerToken + l.Bytes/bytesPerToken + rows*perBlock
	e.Tokens = rows * int64(l.Columns) * perLabel
	if r.TokensPerRow > 0 {
		e.Tokens = int64(math.Round(float64(rows) * r.TokensPerRow))
	}
	if r.PromptTokensPerRow > 0 && r.BatchSize == c.Model.BatchSize {
		e.PromptTokens = int64(math.Round(float64(rows) * r.PromptTokensPerRow))
	}
	if r.RowsPerSec > 0 {
		speed := r.RowsPerSec
		if was, is := m.speedOf(r.BatchSize), m.speedOf(c.Model.BatchSize); was > 0 && is > 0 {
			speed *= is / was
		}
		e.Time = time.Duration(float64(rows) / speed * float64(time.Second)).Round(time.Second)
	}
	return e
}
