package signin

import (
	"errors"
	"net/url"
	"strings"
	"time"

	"credmint/helper/program"
)

// Browser opens addresses in the browser of whoever sits at this machine.
//
// On Unix that is $BROWSER: commands separated by colons, of which the first that works is taken, each with %s where the
// address goes, or without it. If it is set nothing else is tried. Otherwise it is what the system calls its browser. What
// is found through the working directory is not run. The browser is cut loose: no terminal, none of our streams, none of
// AWS's or credmint's own variables.
type Browser struct {
	Getenv func(string) string

	// Chosen is what to run instead, the best first: programs and their arguments for an address. nil: what is said above.
	Chosen func(address string) [][]string

	settle time.Duration // how long it may take to fail; zero: a second
}

// checkAddress refuses what is not a web address of RFC 3986's own characters: everything else can mean something to the
// programs on the way to a browser.
func checkAddress(address string) error {
	for _, c := range []byte(address) {
		if c <= ' ' || c > '~' || strings.IndexByte("\"<>\\^`{|}", c) >= 0 {
			return errors.New("the address has characters that an address cannot have")
		}
	}
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || u.User != nil {
		return errors.New("the address is not one of a web page")
	}
	return nil
}

// words puts the address into a command as one argument. A program whose path has spaces is taken as it is.
func words(command, address string) []string {
	if !strings.Contains(command, "%s") {
		if _, err := program.Find(command); err == nil {
			return []string{command, address}
		}
		command += " %s"
	}
	words := strings.Fields(command)
	for i := range words {
		words[i] = strings.ReplaceAll(words[i], "%s", address)
	}
	return words
}
