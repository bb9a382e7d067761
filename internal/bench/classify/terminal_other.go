//go:build !linux

package main

import (
	"errors"
	"os"
)

type terminal struct{ stderr *os.File }

func openTerminal() (*terminal, error) {
	return nil, errors.New("open a pseudo terminal: only on Linux")
}

func (t *terminal) closeBoth() {}
