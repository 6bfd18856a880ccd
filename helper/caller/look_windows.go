package caller

import (
	"unsafe"

	"golang.org/x/sys/windows"
)

// look takes a picture of all processes, since Windows has no smaller question that needs no rights. A parent may have
// ended, and its number may be another process's by now. There are no sessions with terminals.
func look(pid int) (p Process, parent int, ok bool) {
	snapshot, err := windows.CreateToolhelp32Snapshot(windows.TH32CS_SNAPPROCESS, 0)
	if err != nil {
		return Process{}, 0, false
	}
	defer windows.CloseHandle(snapshot)
	entry := windows.ProcessEntry32{Size: uint32(unsafe.Sizeof(windows.ProcessEntry32{}))}
	for err = windows.Process32First(snapshot, &entry); err == nil; err = windows.Process32Next(snapshot, &entry) {
		if int(entry.ProcessID) == pid {
			return Process{Name: windows.UTF16ToString(entry.ExeFile[:])}, int(entry.ParentProcessID), true
		}
	}
	return Process{}, 0, false
}
