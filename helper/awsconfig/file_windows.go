package awsconfig

// staysOpen is false: as long as a file is open here, other programs cannot put another in its place, and a person may be
// asked for a code meanwhile.
const staysOpen = false
