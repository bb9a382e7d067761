package cli

import (
	"runtime"
	"runtime/debug"
)

// version and commit are set by the linker (-X), see the Makefile.
var version, commit string

// Version is the release, the commit and the platform of this build.
func Version() string {
	v, c := version, commit
	if info, ok := debug.ReadBuildInfo(); ok {
		if v == "" {
			v = info.Main.Version
		}
		for _, s := range info.Settings {
			if c == "" && s.Key == "vcs.revision" {
				c = s.Value[:min(12, len(s.Value))]
			}
		}
	}
	if v == "" {
		v = "(devel)"
	}
	if c != "" {
		v += " (" + c + ")"
	}
	return v + " " + runtime.GOOS + "/" + runtime.GOARCH
}
