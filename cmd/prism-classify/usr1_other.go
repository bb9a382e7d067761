//go:build !unix

package main

// onUSR1 does nothing: the system has no such signal.
func onUSR1(func()) (stop func()) { return func() {} }
