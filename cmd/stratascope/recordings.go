package main

import "context"

// openRecording opens a folder of layer values.
func (j *job) openRecording(ctx context.Context) error {
	return input("%s: recordings come next", j.path)
}
