package mint

// Explain turns the SDK's errors into ours.
var Explain = explain

// Where services are.
var (
	BesideSTS  = besideSTS
	SignInHost = signInHost
)

// What is tried against requests that AWS's own helper made.
var (
	SignX509         = signX509
	CanonicalRequest = canonicalRequest
)
