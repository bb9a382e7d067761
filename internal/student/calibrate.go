package student

import "math"

// calibrate finds the parameters that make margins of rows that no student had seen (rows × functions)
// probabilities.
func (t *target) calibrate(margins [][]float64) {
	t.Calibration = make([]float64, 0, t.parameters())
	if t.parameters() == 1 {
		t.Calibration = append(t.Calibration, t.fitScale(margins))
		return
	}
	for f := range t.functions() {
		scale, offset := t.fitSigmoid(margins, f)
		t.Calibration = append(t.Calibration, scale, offset)
	}
}

// fitSigmoid finds scale and offset of a function by Platt's method, the Newton steps with
// backtracking of Lin, Lin, Weng (2007), A note on Platt's probabilistic outputs for support
// vector machines, Machine Learning 68.
func (t *target) fitSigmoid(margins [][]float64, function int) (scale, offset float64) {
	var x, want []float64
	above := 0
	for row, class := range t.class {
		if class == noClass {
			continue
		}
		x = append(x, margins[row][function])
		y := 0.0
		if t.sign(function, row) {
			y = 1
			above++
		}
		want = append(want, y)
	}
	high, low := (float64(above)+1)/(float64(above)+2), 1/(float64(len(x)-above)+2)
	for i := range want {
		if want[i] == 1 {
			want[i] = high
		} else {
			want[i] = low
		}
	}
	loss := func(a, b float64) (sum float64) {
		for i := range x {
			z := a*x[i] + b
			sum += softplus(z) - want[i]*z
		}
		return sum
	}
	a, b := 0.0, math.Log((float64(above)+1)/(float64(len(x)-above)+1))
	for range 100 {
		ga, gb, haa, hab, hbb := 0.0, 0.0, 1e-12, 0.0, 1e-12
		for i := range x {
			p := sigmoid(a*x[i] + b)
			d, h := p-want[i], p*(1-p)
			ga, gb = ga+d*x[i], gb+d
			haa, hab, hbb = haa+h*x[i]*x[i], hab+h*x[i], hbb+h
		}
		if math.Abs(ga) < 1e-6 && math.Abs(gb) < 1e-6 {
			break
		}
		det := haa*hbb - hab*hab
		da, db := -(hbb*ga-hab*gb)/det, -(haa*gb-hab*ga)/det
		now, step := loss(a, b), 1.0
		for ; step > 1e-10 && loss(a+step*da, b+step*db) >= now+1e-4*step*(ga*da+gb*db); step /= 2 {
		}
		if step <= 1e-10 {
			break
		}
		a, b = a+step*da, b+step*db
	}
	return max(a, 0), b
}

// softplus is log(1 + exp(z)).
func softplus(z float64) float64 { return max(z, 0) + math.Log1p(math.Exp(-math.Abs(z))) }

// Bounds of the scale of margins of several classes.
const leastScale, mostScale = 0.01, 100

// fitScale finds the scale that makes the rows' own classes most likely: Guo, Pleiss, Sun,
// Weinberger (2017), On calibration of modern neural networks, temperature scaling. The loss is convex in it.
// As in fitSigmoid, a row is taken to be of another class with a small probability: else rows that are easily told
// apart would all get the confidence 1.
func (t *target) fitScale(margins [][]float64) float64 {
	var p []float64
	rows := make([]float64, t.classes())
	for _, class := range t.class {
		if class != noClass {
			rows[class]++
		}
	}
	slope := func(scale float64) (sum float64) {
		for row, class := range t.class {
			if class == noClass {
				continue
			}
			p = p[:0]
			for _, m := range margins[row] {
				p = append(p, scale*m)
			}
			softmax(p)
			doubt := 1 / (rows[class] + 2)
			for k, m := range margins[row] {
				want := doubt / float64(len(p)-1)
				if k == int(class) {
					want = 1 - doubt
				}
				sum += (p[k] - want) * m
			}
		}
		return sum
	}
	low, high := math.Log(leastScale), math.Log(mostScale)
	for range 40 {
		if middle := (low + high) / 2; slope(math.Exp(middle)) < 0 {
			low = middle
		} else {
			high = middle
		}
	}
	return math.Exp((low + high) / 2)
}
