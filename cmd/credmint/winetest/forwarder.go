package winetest

import (
	"bytes"
	"encoding/binary"
)

// forwarder is a DLL for x86-64 without code: its one function is another DLL's. Go's runtime needs one of these under Wine
// 8, whose bcryptprimitives.dll is missing: ProcessPrng(buffer, length) is what advapi32 calls SystemFunction036, and documents
// as RtlGenRandom.
//
//	MZ header (64) | "PE\0\0" | COFF header (20) | optional header (240) | one section header (40) | zeros up to 512
//	the section, up to 1,024: export directory (40) | address of the forwarder | address of the name | its ordinal | texts
//
// See https://learn.microsoft.com/en-us/windows/win32/debug/pe-format#the-edata-section-image-only: an export whose address
// lies within the section of exports is a forwarder, and that text says whereto.
func forwarder(dll, function, target string) []byte {
	const start, page, fileUnit = 64, 0x1000, 0x200
	section := exports(page, dll, function, target)
	size := uint32(len(section))
	image := new(bytes.Buffer)
	put := func(fields ...any) {
		for _, field := range fields {
			_ = binary.Write(image, binary.LittleEndian, field) // a Buffer takes everything
		}
	}
	pad := func(to int) { image.Write(make([]byte, to-image.Len())) }

	image.WriteString("MZ")
	pad(start - 4)
	put(uint32(start))
	image.WriteString("PE\x00\x00")
	const amd64, executable, largeAddresses, isDLL = 0x8664, 0x2, 0x20, 0x2000
	put(uint16(amd64), uint16(1), uint32(0), uint32(0), uint32(0), uint16(240), uint16(executable|largeAddresses|isDLL))

	const pe32plus, console, noExecute, dynamicBase = 0x20b, 3, 0x100, 0x40
	put(uint16(pe32plus), uint16(0), uint32(0), uint32(fileUnit), uint32(0), uint32(0), uint32(0)) // no code and no entry point
	put(uint64(0x180000000), uint32(page), uint32(fileUnit))                                       // where to, and in what units
	put(uint16(6), uint16(0), uint16(0), uint16(0), uint16(6), uint16(0), uint32(0))               // for Windows Vista and later
	put(uint32(2*page), uint32(fileUnit), uint32(0), uint16(console), uint16(noExecute|dynamicBase))
	put(uint64(1<<20), uint64(page), uint64(1<<20), uint64(page), uint32(0), uint32(16))
	put(uint32(page), size, [15]uint64{}) // the directories: exports, and no others

	const data, readable = 0x40, 0x40000000
	image.WriteString(".edata\x00\x00")
	put(size, uint32(page), uint32(fileUnit), uint32(fileUnit), [3]uint32{}, uint32(data|readable))
	pad(fileUnit)
	image.Write(section)
	pad(2 * fileUnit)
	return image.Bytes()
}

// exports is a section of exports at an address of the image, with one forwarder.
func exports(at uint32, dll, function, target string) []byte {
	const directory = 40
	address, name, ordinal := at+directory, at+directory+4, at+directory+8
	texts := ordinal + 2
	functionAt := texts + uint32(len(dll)) + 1
	targetAt := functionAt + uint32(len(function)) + 1
	section := new(bytes.Buffer)
	for _, field := range []any{
		[3]uint32{},
		texts,
		[3]uint32{1, 1, 1},
		address, name, ordinal,
		targetAt, functionAt, uint16(0),
	} {
		_ = binary.Write(section, binary.LittleEndian, field)
	}
	section.WriteString(dll + "\x00" + function + "\x00" + target + "\x00")
	return section.Bytes()
}
