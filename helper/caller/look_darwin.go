package caller

import "golang.org/x/sys/unix"

// noTerminal is NODEV of sys/param.h.
const noTerminal = -1

func look(pid int) (p Process, parent int, ok bool) {
	info, err := unix.SysctlKinfoProc("kern.proc.pid", pid)
	if err != nil {
		return Process{}, 0, false
	}
	session, err := unix.Getsid(pid)
	leader := err == nil && session == pid && info.Eproc.Tdev != noTerminal
	return Process{Name: unix.ByteSliceToString(info.Proc.P_comm[:]), Leader: leader}, int(info.Eproc.Ppid), true
}
