//go:build !unix

package cli

import "os"

var endSignals = []os.Signal{os.Interrupt}
