package main

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// figure is what was counted: by which counter, on which architecture (GOARCH), and what.
type figure struct{ counter, arch, subject string }

// figures are instructions, as multiples of a Go hello's. They are lines of a text file, sorted:
//
//	callgrind amd64 aws 2.345
//
// Lines that begin with # are for people.
type figures map[figure]float64

const figuresHead = "# Instructions of the warm path, and of a cold mint over http, as multiples of a Go hello's. Written by: go run ./cmd/bench -record\n"

func parseFigures(text string) (figures, error) {
	f := figures{}
	lines := bufio.NewScanner(strings.NewReader(text))
	for n := 1; lines.Scan(); n++ {
		words := strings.Fields(lines.Text())
		if len(words) == 0 || strings.HasPrefix(words[0], "#") {
			continue
		}
		if len(words) != 4 {
			return nil, fmt.Errorf("line %d: want counter, architecture, command and multiple", n)
		}
		multiple, err := strconv.ParseFloat(words[3], 64)
		if err != nil || !(multiple > 0) {
			return nil, fmt.Errorf("line %d: %q is no multiple", n, words[3])
		}
		f[figure{words[0], words[1], words[2]}] = multiple
	}
	return f, lines.Err()
}

// String is the file.
func (f figures) String() string {
	var lines []string
	for key, multiple := range f {
		lines = append(lines, fmt.Sprintf("%s %s %s %.3f\n", key.counter, key.arch, key.subject, multiple))
	}
	slices.Sort(lines)
	return figuresHead + strings.Join(lines, "")
}

// figuresFile is in the source, wherever below it the benchmark is run.
func figuresFile() (string, error) {
	out, err := exec.Command("go", "list", "-f", "{{.Dir}}", "credmint/cmd/bench").Output()
	if err != nil {
		return "", fmt.Errorf("find the source: %w", err)
	}
	return filepath.Join(strings.TrimSpace(string(out)), "figures.txt"), nil
}

func readFigures() (figures, error) {
	path, err := figuresFile()
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return figures{}, err
	}
	f, err := parseFigures(string(text))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return f, nil
}

func (f figures) write() error {
	path, err := figuresFile()
	if err != nil {
		return err
	}
	if err := os.WriteFile(path, []byte(f.String()), 0o644); err != nil {
		return err
	}
	fmt.Printf("wrote %s\n", path)
	return nil
}
