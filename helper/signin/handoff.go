package signin

import (
	"context"
	"net/url"
)

// Handoff is an address of this machine that sends one browser on to another address. It is for those that sign in whoever
// has them: what a browser is started with other users of the machine can read in the list of processes, and this is good
// for the one visit that follows at once.
func Handoff(address string) (*Callback, error) {
	c, err := Listen("/" + State())
	if err == nil {
		c.onward = address
	}
	return c, err
}

// Anyone is Wait's accept function for a handoff: whoever knows its address is the browser.
func Anyone(url.Values) error { return nil }

// HandOver opens a browser at an address that nobody else is to see, by way of a Handoff, and waits until it was there. What
// a person is shown is the handoff's address.
func (p *Person) HandOver(ctx context.Context, page Page) error {
	c, err := Handoff(page.URL)
	if err != nil {
		return err
	}
	defer c.Close()
	page.URL = c.URL()
	shown := make(chan struct{})
	go func() {
		defer close(shown)
		p.Visit(ctx, page)
	}()
	_, err = c.Wait(ctx, Anyone)
	<-shown
	return err
}
