//go:build !unix

package main

import "os/exec"

func startGroup(*exec.Cmd) {}

func killGroup(cmd *exec.Cmd) error { return cmd.Process.Kill() }
