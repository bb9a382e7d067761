//go:build !unix

package main

// whenAsked does nothing: the system has no signal to ask with.
func whenAsked(func()) (stop func()) { return func() {} }
