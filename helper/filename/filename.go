// Package filename joins and splits the names of files by the platform's rules. It is path/filepath for those that a hit
// waits for: on Unix the rules are package path's, which, unlike path/filepath, is initialised before the large packages
// that a hit has no use for. See package kept.
package filename
