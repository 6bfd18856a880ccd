package caller

import (
	"bytes"
	"os"
	"strconv"
)

// look reads "PID (NAME) STATE PARENT …", where the name may hold whatever its program likes: proc_pid_stat(5).
func look(pid int) (name string, parent int, ok bool) {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	first, last := bytes.IndexByte(stat, '('), bytes.LastIndexByte(stat, ')')
	if err != nil || first < 0 || last < first {
		return "", 0, false
	}
	fields := bytes.Fields(stat[last+1:])
	if len(fields) < 2 {
		return "", 0, false
	}
	parent, err = strconv.Atoi(string(fields[1]))
	return string(stat[first+1 : last]), parent, err == nil
}
