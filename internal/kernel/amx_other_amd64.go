//go:build amd64 && !linux

package kernel

func amxAllowed() bool { return false }
