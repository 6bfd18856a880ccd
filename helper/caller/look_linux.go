package caller

import (
	"bytes"
	"os"
	"strconv"
)

// look reads "PID (NAME) STATE PARENT GROUP SESSION TERMINAL …", where the name may hold whatever its program likes:
// proc_pid_stat(5).
func look(pid int) (p Process, parent int, ok bool) {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	first, last := bytes.IndexByte(stat, '('), bytes.LastIndexByte(stat, ')')
	if err != nil || first < 0 || last < first {
		return Process{}, 0, false
	}
	fields := bytes.Fields(stat[last+1:])
	if len(fields) < 5 {
		return Process{}, 0, false
	}
	parent, err = strconv.Atoi(string(fields[1]))
	leader := string(fields[3]) == strconv.Itoa(pid) && string(fields[4]) != "0"
	return Process{Name: string(stat[first+1 : last]), Leader: leader}, parent, err == nil
}
