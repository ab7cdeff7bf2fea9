// Package recording reads and writes the values that a run of a network left behind: the recording of
// docs/recording.md, and a plain folder of .npy files, one a layer. An open recording is a source of values
// like a running network, as far as its values go; it says why where they do not. The package also keeps
// the rows and states of a live run on disk, so that replays read them and an interrupted run goes on.
// It runs no network and knows no statistic.
package recording
