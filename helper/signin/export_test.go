package signin

import "time"

// Patient waits for the end of a browser, however busy the machine is.
func (b Browser) Patient() Browser {
	b.settle = time.Minute
	return b
}
