package stratascope

import (
	"errors"
	"io/fs"
	"syscall"
	"testing"

	"github.com/stratascope/stratascope/capture"
)

func TestAFullDiskNamesTheLayer(t *testing.T) {
	q := capture.Request{Site: capture.Site{Layer: "conv4"}}
	var no *NoSpaceError
	if err := placed(q, &fs.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC}); !errors.As(err, &no) || no.Layer != "conv4" || !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("got %v, want the layer conv4", err)
	}
	if err := placed(q, fs.ErrPermission); err != fs.ErrPermission {
		t.Errorf("another error became %v", err)
	}
}
