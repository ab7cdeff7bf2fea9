package parallel

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
)

func caught(f func()) (r any) {
	defer func() { r = recover() }()
	f()
	return nil
}

func TestRunHandsPanicsToTheCaller(t *testing.T) {
	type fault struct{ at int }
	for _, n := range []int{1, 2, 5} {
		var done atomic.Int64
		got := caught(func() {
			Run(n, func(i int) {
				done.Add(1)
				if i >= n/2 {
					panic(fault{i})
				}
			})
		})
		if got != (fault{n / 2}) || done.Load() != int64(n) {
			t.Errorf("%d goroutines: the caller sees %v after %d, want %v", n, got, done.Load(), fault{n / 2})
		}
	}
}

func TestEach(t *testing.T) {
	for _, workers := range []int{0, 1, 3, 200} {
		var done [100]atomic.Int64
		if err := Each(context.Background(), workers, len(done), func(_ context.Context, i int) error { done[i].Add(1); return nil }); err != nil {
			t.Error(err)
		}
		for i := range done {
			if n := done[i].Load(); n != 1 {
				t.Errorf("%d workers: %d was called %d times", workers, i, n)
			}
		}
	}
	if err := Each(context.Background(), 3, 0, func(context.Context, int) error { panic("none") }); err != nil {
		t.Error(err)
	}
}

// The others are told of an error, and what they then say is not the error.
func TestEachEndsWithTheFirstError(t *testing.T) {
	own := errors.New("own")
	for _, workers := range []int{1, 4} {
		waiting := make(chan struct{}, workers)
		err := Each(context.Background(), workers, 1000, func(ctx context.Context, i int) error {
			if i < workers-1 {
				waiting <- struct{}{}
				<-ctx.Done()
				return ctx.Err()
			}
			for range workers - 1 {
				<-waiting
			}
			if i >= workers {
				t.Errorf("%d was handed out after the error", i)
			}
			return own
		})
		if err != own {
			t.Errorf("%d workers: %v, want the error itself", workers, err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	err := Each(ctx, 2, 1000, func(ctx context.Context, i int) error { cancel(); return ctx.Err() })
	if err != context.Canceled {
		t.Errorf("a cancelled run gives %v", err)
	}
}

func TestEachHandsPanicsToTheCaller(t *testing.T) {
	for _, workers := range []int{1, 4} {
		got := caught(func() {
			_ = Each(context.Background(), workers, 1000, func(ctx context.Context, i int) error {
				if i == workers-1 {
					panic("mine")
				}
				<-ctx.Done() // else nobody would end the others
				return ctx.Err()
			})
		})
		if got != "mine" {
			t.Errorf("%d workers: the caller sees %v", workers, got)
		}
	}
}
