package external

import (
	"os"
	"strconv"
	"strings"
)

// terminal is the path of the terminal that controls this process; empty where it has none that has one. The kernel says
// which by a number, whose parts and meanings are in proc(5) and in the kernel's admin-guide/devices.txt.
func terminal() string {
	stat, err := os.ReadFile("/proc/self/stat")
	if err != nil {
		return ""
	}
	_, rest, _ := strings.Cut(string(stat), ") ") // the program's name may hold anything but is this process's own
	fields := strings.Fields(rest)
	if len(fields) < 5 {
		return ""
	}
	number, err := strconv.ParseUint(fields[4], 10, 32)
	if err != nil {
		return ""
	}
	major, minor := number>>8&0xfff, number&0xff|number>>12&0xfff00
	if major < 136 || major > 143 {
		return ""
	}
	return "/dev/pts/" + strconv.FormatUint((major-136)<<20|minor, 10)
}
