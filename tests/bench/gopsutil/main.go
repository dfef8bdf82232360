// SPDX-License-Identifier: ISC

// Reads with gopsutil, for every process, the fields that collectord reads
// in a full scan, and prints what that cost: CPU microseconds, processes.
package main

import (
	"fmt"
	"syscall"

	"github.com/shirou/gopsutil/v3/process"
)

func cpuMicros() int64 {
	var ru syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &ru); err != nil {
		panic(err)
	}
	return ru.Utime.Nano()/1000 + ru.Stime.Nano()/1000
}

func read(p *process.Process) {
	p.Ppid()
	p.Name()
	p.CmdlineSlice()
	p.Exe()
	p.Cwd()
	p.Uids()
	p.Gids()
	p.Username()
	p.CreateTime()
	p.Status()
	p.Nice()
	p.NumThreads()
	p.Times()
	p.MemoryInfo()
	p.MemoryInfoEx()
	p.NumFDs()
	p.IOCounters()
	p.NumCtxSwitches()
}

func main() {
	before := cpuMicros()
	pids, err := process.Pids()
	if err != nil {
		panic(err)
	}
	for _, pid := range pids {
		if p, err := process.NewProcess(pid); err == nil {
			read(p)
		}
	}
	fmt.Println(cpuMicros()-before, len(pids))
}
