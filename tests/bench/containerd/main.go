// SPDX-License-Identifier: ISC

// Reads with containerd's cgroups, for every container below /docker, what
// collectord reads of its cgroups, and prints what that cost: CPU
// microseconds, containers.
package main

import (
	"fmt"
	"io/ioutil"
	"syscall"

	"github.com/containerd/cgroups"
)

const parent = "/sys/fs/cgroup/memory/docker"

// Of the subsystems that collectord reads: the others would cost as well.
func hierarchies() ([]cgroups.Subsystem, error) {
	all, err := cgroups.V1()
	if err != nil {
		return nil, err
	}
	var out []cgroups.Subsystem
	for _, s := range all {
		switch s.Name() {
		case cgroups.Cpu, cgroups.Cpuacct, cgroups.Memory, cgroups.Blkio,
			cgroups.Pids:
			out = append(out, s)
		}
	}
	return out, nil
}

func cpuMicros() int64 {
	var ru syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &ru); err != nil {
		panic(err)
	}
	return ru.Utime.Nano()/1000 + ru.Stime.Nano()/1000
}

func main() {
	entries, err := ioutil.ReadDir(parent)
	if err != nil {
		panic(err)
	}
	var loaded []cgroups.Cgroup
	for _, e := range entries {
		if !e.IsDir() || len(e.Name()) != 64 {
			continue
		}
		c, err := cgroups.Load(hierarchies,
			cgroups.StaticPath("/docker/"+e.Name()))
		if err != nil {
			panic(err)
		}
		loaded = append(loaded, c)
	}
	before := cpuMicros()
	for _, c := range loaded {
		if _, err := c.Stat(cgroups.IgnoreNotExist); err != nil {
			panic(err)
		}
	}
	fmt.Println(cpuMicros()-before, len(loaded))
}
