//go:build unix

package main

import (
	"os"
	"os/signal"
	"syscall"
)

// whenAsked calls f for each USR1 until the function that it returns is called.
func whenAsked(f func()) (stop func()) {
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, syscall.SIGUSR1)
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-asked:
				f()
			case <-quit:
				return
			}
		}
	}()
	return func() {
		signal.Stop(asked)
		close(quit)
		<-done
	}
}
