package kept

import "syscall"

// undumpable shuts this process's memory to the other programs of the same user, debuggers among them, and keeps it out of
// core dumps: what it sets makes the files below /proc/PID root's, and ends every dump, to a file or a pipe, whatever
// RLIMIT_CORE and GOTRACEBACK say (PR_SET_DUMPABLE(2const), core(5)). So the limit is left alone, for the programs that
// credmint starts would inherit it; this ends with execve. A kernel that refuses it leaves things as they were.
func undumpable() { _, _, _ = syscall.RawSyscall(syscall.SYS_PRCTL, syscall.PR_SET_DUMPABLE, 0, 0) }
