package server

import "time"

// pace finds how many calls in flight a server works best with. It goes by the bytes of
// prompts that a server finishes a second, which by Little's law are the bytes in flight
// divided by the time that a call takes:
//
//	begin   with firstLimit calls in flight
//	climb   double them while that brings a tenth more
//	hold    stay; look one step up after each round and one step down after some,
//	        and move there if up brings 8% more, or down costs less than 2%
//	busy    halve them when the server says that it is busy or does not answer in time
//
// A round is as many calls as are in flight, but at least leastRound; it ends sooner when
// the difference is plain. A call that began in an earlier round does not count. Climbing
// ends also where a byte takes longestTimes what it took in the shortest round: workers that
// share a server would else push each other up. A pace is not safe for use by several
// goroutines.
type pace struct {
	most  int // calls in flight
	limit int // calls in flight now
	phase phase

	round    int     // number of this round
	calls    int     // of this round that are over
	offered  float64 // sum of the bytes of these calls, each times the calls in flight when it began
	bytes    float64 // sum of their bytes
	taken    float64 // sum of their times, in seconds
	base     float64 // bytes a second at baseAt
	baseAt   int
	shortest float64 // time a byte of a call, of the round where it was the least, in seconds

	untilDown int // rounds until a step down is tried
	downAfter int // rounds between two such steps
}

type phase int

const (
	climbing phase = iota
	holding
	lookingUp
	lookingDown
)

const (
	firstLimit    = 4
	leastRound    = 8 // calls
	longestTimes  = 5
	leastWait     = 1  // rounds before a step down
	longestWait   = 16 // rounds between steps down that did not help
	climbingGain  = 1.10
	upGain        = 1.08
	downLoss      = 0.98
	plainly       = 1.25
	changedBeyond = 1.15 // a base that is so much off is of another server's state
)

func newPace(most int) *pace {
	return &pace{most: most, limit: min(firstLimit, most), untilDown: leastWait, downAfter: leastWait}
}

// current is how many calls may be in flight, chosen how many were found best; 0: not known yet.
func (p *pace) current() int { return p.limit }

func (p *pace) chosen() int {
	if p.base == 0 {
		return 0
	}
	return p.baseAt
}

// trip is a call on its way.
type trip struct {
	round    int // of its server's pace, when it began
	inFlight int // on the server, with this call
	bytes    int
	began    time.Time
}

// end notes that a call brought an answer.
func (p *pace) end(t trip, now time.Time) {
	if t.round != p.round {
		return
	}
	p.calls++
	p.bytes += float64(max(t.bytes, 1))
	p.offered += float64(t.inFlight) * float64(max(t.bytes, 1))
	p.taken += max(now.Sub(t.began).Seconds(), 1e-6)
	if p.calls >= max(2, p.limit/2) {
		p.decide(p.offered/p.taken, p.calls >= max(p.limit, leastRound))
	}
}

// backOff makes the limit smaller: the server had too much to do for a call.
func (p *pace) backOff(t trip) {
	if t.round != p.round {
		return
	}
	p.settle(max(1, p.limit/2), 0)
}

// decide says by the rate of a round what comes next. Before the round is over only what
// is plain counts.
func (p *pace) decide(rate float64, over bool) {
	each := p.taken / p.bytes
	switch p.phase {
	case climbing:
		p.decideClimb(rate, each, p.calls >= p.limit)
	case holding:
		switch {
		case over:
			p.decideHold(rate, each)
		case p.base > 0 && rate >= plainly*p.base: // the server became faster
			p.note(rate, each)
			p.climb()
		}
	case lookingUp:
		gain := rate / p.base
		switch {
		case p.tooLong(each):
			p.settle(p.baseAt, p.base)
		case gain >= plainly, over && gain >= upGain:
			p.note(rate, each)
			p.climb()
		case over:
			p.settle(p.baseAt, p.base)
		}
	case lookingDown:
		gain := rate / p.base
		switch {
		case over && gain >= downLoss:
			p.downAfter, p.untilDown = leastWait, 0
			p.settle(p.limit, max(rate, p.base*downLoss))
		case over, gain <= 1/plainly:
			p.downAfter = min(2*p.downAfter, longestWait)
			p.untilDown = p.downAfter
			p.limit = p.baseAt
			p.lookUp(each)
		}
	}
}

func (p *pace) decideClimb(rate, each float64, over bool) {
	if grew := p.base == 0 || rate >= plainly*p.base || over && rate >= climbingGain*p.base; !grew {
		if over {
			p.settle(p.baseAt, p.base)
		}
		return
	}
	tooLong := p.tooLong(each)
	p.note(rate, each)
	if tooLong || p.limit == p.most {
		p.settle(p.limit, rate)
		return
	}
	p.climb()
}

// decideHold takes the rate of a round as what the limit brings, and looks up or down.
func (p *pace) decideHold(rate, each float64) {
	if changed := rate / p.base; p.base > 0 && changed < changedBeyond && changed > 1/changedBeyond {
		rate = (rate + p.base) / 2
	} else {
		p.downAfter, p.untilDown, p.shortest = leastWait, min(p.untilDown, leastWait), 0
	}
	p.note(rate, each)
	p.untilDown--
	if p.untilDown < 0 && p.limit > 1 {
		p.start(lookingDown, p.limit-max(1, p.limit/4))
		return
	}
	p.lookUp(each)
}

func (p *pace) lookUp(each float64) {
	if p.limit == p.most || p.tooLong(each) {
		p.start(holding, p.limit)
		return
	}
	p.start(lookingUp, min(p.most, p.limit+max(1, p.limit/2)))
}

// note keeps the rate and the time a byte as those of the limit.
func (p *pace) note(rate, each float64) {
	p.base, p.baseAt = rate, p.limit
	if p.shortest == 0 || each < p.shortest {
		p.shortest = each
	}
}

func (p *pace) tooLong(each float64) bool {
	return p.shortest > 0 && each > longestTimes*p.shortest
}

func (p *pace) climb() { p.start(climbing, min(p.most, 2*p.limit)) }

func (p *pace) settle(limit int, rate float64) {
	p.base, p.baseAt = rate, limit
	p.start(holding, limit)
}

// start begins a round.
func (p *pace) start(phase phase, limit int) {
	p.phase, p.limit = phase, limit
	p.round++
	p.calls, p.offered, p.bytes, p.taken = 0, 0, 0, 0
}
