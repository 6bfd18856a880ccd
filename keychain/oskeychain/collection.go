package oskeychain

// Collection is a collection of the Secret Service that is another program's. Nobody is asked to unlock it, and each of
// its methods has a few seconds. There is a Secret Service on the desktops of Linux and of the BSDs only.
type Collection struct {
	Name   string              // "awsvault": what its path ends in
	Getenv func(string) string // finds the session bus
}
