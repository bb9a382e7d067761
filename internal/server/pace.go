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

	round               int     // number of this round
	calls               int     // of this round that are over
	byteCalls           float64 // sum of the bytes of these calls, each times the calls in flight when it began
	bytes               float64 // sum of their bytes
	seconds             float64 // sum of their times, in seconds
	bestRate            float64 // bytes a second at bestLimit
	bestLimit           int
	leastSecondsPerByte float64 // time a byte of a call, of the round where it was the least, in seconds

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
	clearGain     = 1.25
	changedBeyond = 1.15 // a base that is so much off is of another server's state
)

func newPace(most int) *pace {
	return &pace{most: most, limit: min(firstLimit, most), untilDown: leastWait, downAfter: leastWait}
}

// current is how many calls may be in flight, chosen how many were found best; 0: not known yet.
func (p *pace) current() int { return p.limit }

func (p *pace) chosen() int {
	if p.bestRate == 0 {
		return 0
	}
	return p.bestLimit
}

// sentCall is a call on its way.
type sentCall struct {
	round    int // of its server's pace, when it began
	inFlight int // on the server, with this call
	bytes    int
	began    time.Time
}

// addAnswered notes that a call brought an answer.
func (p *pace) addAnswered(t sentCall, now time.Time) {
	if t.round != p.round {
		return
	}
	p.calls++
	p.bytes += float64(max(t.bytes, 1))
	p.byteCalls += float64(t.inFlight) * float64(max(t.bytes, 1))
	p.seconds += max(now.Sub(t.began).Seconds(), 1e-6)
	if p.calls >= max(2, p.limit/2) {
		p.decide(p.byteCalls/p.seconds, p.calls >= max(p.limit, leastRound))
	}
}

// backOff makes the limit smaller: the server had too much to do for a call.
func (p *pace) backOff(t sentCall) {
	if t.round != p.round {
		return
	}
	p.hold(max(1, p.limit/2), 0)
}

// decide says by the rate of a round what comes next. Before the round is over only what
// is plain counts.
func (p *pace) decide(rate float64, roundOver bool) {
	perByte := p.seconds / p.bytes
	switch p.phase {
	case climbing:
		p.decideClimb(rate, perByte, p.calls >= p.limit)
	case holding:
		switch {
		case roundOver:
			p.decideHold(rate, perByte)
		case p.bestRate > 0 && rate >= clearGain*p.bestRate: // the server became faster
			p.recordBest(rate, perByte)
			p.climb()
		}
	case lookingUp:
		gain := rate / p.bestRate
		switch {
		case p.takesTooLong(perByte):
			p.hold(p.bestLimit, p.bestRate)
		case gain >= clearGain, roundOver && gain >= upGain:
			p.recordBest(rate, perByte)
			p.climb()
		case roundOver:
			p.hold(p.bestLimit, p.bestRate)
		}
	case lookingDown:
		gain := rate / p.bestRate
		switch {
		case roundOver && gain >= downLoss:
			p.downAfter, p.untilDown = leastWait, 0
			p.hold(p.limit, max(rate, p.bestRate*downLoss))
		case roundOver, gain <= 1/clearGain:
			p.downAfter = min(2*p.downAfter, longestWait)
			p.untilDown = p.downAfter
			p.limit = p.bestLimit
			p.tryHigher(perByte)
		}
	}
}

func (p *pace) decideClimb(rate, perByte float64, roundOver bool) {
	if grew := p.bestRate == 0 || rate >= clearGain*p.bestRate || roundOver && rate >= climbingGain*p.bestRate; !grew {
		if roundOver {
			p.hold(p.bestLimit, p.bestRate)
		}
		return
	}
	tooLong := p.takesTooLong(perByte)
	p.recordBest(rate, perByte)
	if tooLong || p.limit == p.most {
		p.hold(p.limit, rate)
		return
	}
	p.climb()
}

// decideHold takes the rate of a round as what the limit brings, and looks up or down.
func (p *pace) decideHold(rate, perByte float64) {
	if changed := rate / p.bestRate; p.bestRate > 0 && changed < changedBeyond && changed > 1/changedBeyond {
		rate = (rate + p.bestRate) / 2
	} else {
		p.downAfter, p.untilDown, p.leastSecondsPerByte = leastWait, min(p.untilDown, leastWait), 0
	}
	p.recordBest(rate, perByte)
	p.untilDown--
	if p.untilDown < 0 && p.limit > 1 {
		p.start(lookingDown, p.limit-max(1, p.limit/4))
		return
	}
	p.tryHigher(perByte)
}

func (p *pace) tryHigher(perByte float64) {
	if p.limit == p.most || p.takesTooLong(perByte) {
		p.start(holding, p.limit)
		return
	}
	p.start(lookingUp, min(p.most, p.limit+max(1, p.limit/2)))
}

// recordBest keeps the rate and the time a byte as those of the limit.
func (p *pace) recordBest(rate, perByte float64) {
	p.bestRate, p.bestLimit = rate, p.limit
	if p.leastSecondsPerByte == 0 || perByte < p.leastSecondsPerByte {
		p.leastSecondsPerByte = perByte
	}
}

func (p *pace) takesTooLong(perByte float64) bool {
	return p.leastSecondsPerByte > 0 && perByte > longestTimes*p.leastSecondsPerByte
}

func (p *pace) climb() { p.start(climbing, min(p.most, 2*p.limit)) }

func (p *pace) hold(limit int, rate float64) {
	p.bestRate, p.bestLimit = rate, limit
	p.start(holding, limit)
}

// start begins a round.
func (p *pace) start(phase phase, limit int) {
	p.phase, p.limit = phase, limit
	p.round++
	p.calls, p.byteCalls, p.bytes, p.seconds = 0, 0, 0, 0
}
