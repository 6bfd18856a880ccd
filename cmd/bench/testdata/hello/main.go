// Hello is what a Go program costs that does nothing: it prints one line.
package main

import "os"

func main() { os.Stdout.WriteString("hello\n") }
