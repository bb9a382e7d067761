//go:build !linux

package main

func mountDisk(string) (unmount func(), err error) { return nil, errNoDisk }
