package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
)

// write puts values where peers can map them and returns the path.
func (b *bench) write(name string, x []float32) (string, error) {
	path := filepath.Join(b.cache, name)
	f, err := os.Create(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	const part = 1 << 20
	buf := make([]byte, 0, 4*part)
	for at := 0; at < len(x); at += part {
		if buf, err = binary.Append(buf[:0], binary.LittleEndian, x[at:min(at+part, len(x))]); err != nil {
			return "", err
		}
		if _, err := f.Write(buf); err != nil {
			return "", err
		}
	}
	return path, f.Close()
}

// images are the numbers of images a diagnosis is measured with.
func (b *bench) images() (few, many int) {
	if b.short {
		return 300, 600
	}
	return 2000, 20000
}

// export has the networks and images made, once for each form of the scripts that make them.
func (b *bench) export() error {
	few, many := b.images()
	key, err := exportKey(few, many)
	if err != nil {
		return err
	}
	mark := filepath.Join(b.cache, "exported")
	if old, err := os.ReadFile(mark); err == nil && bytes.Equal(old, []byte(key)) {
		return nil
	}
	b.say("  exporting networks with PyTorch")
	cmd := exec.CommandContext(b.ctx, b.python, filepath.Join(b.peers.folder, "export.py"), b.cache, strconv.Itoa(few), strconv.Itoa(many))
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("exporting networks: %w: %s", err, tail(out))
	}
	return os.WriteFile(mark, []byte(key), 0o644)
}

func exportKey(few, many int) (string, error) {
	h := sha256.New()
	for _, name := range []string{"export.py", "networks.py"} {
		b, err := scripts.ReadFile("peers/" + name)
		if err != nil {
			return "", err
		}
		h.Write(b)
	}
	return fmt.Sprintf("%s %d %d", hex.EncodeToString(h.Sum(nil)), few, many), nil
}

// tail is the last line of what a program printed.
func tail(out []byte) []byte {
	out = bytes.TrimSpace(out)
	return out[bytes.LastIndexByte(out, '\n')+1:]
}
