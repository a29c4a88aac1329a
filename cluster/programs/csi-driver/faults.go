// Storage that fails on purpose. A file DIR/faults/OPERATION or DIR/faults/OPERATION.NAMESPACE is obeyed
// by every call of that operation (for claims of that namespace), as long as the file is there; so is
// DIR/faults/OPERATION.NAMESPACE.CLAIM, by create-volume and create-snapshot:
//
//	delay 5s                                     the call waits first
//	no space left on the array                   the call fails with that message (code INTERNAL)
//	RESOURCE_EXHAUSTED: no space left            the same with a gRPC code by name
//
// Each line counts, in order. Operations: create-volume, delete-volume, create-snapshot, delete-snapshot,
// expand, node-expand, publish. An empty file means nothing. Write the file elsewhere and rename it.
package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

type faults struct{ dir string }

// strike waits and fails as the files for this operation and these claims say, the narrower ones last; nil
// when there are none. The scope is a namespace, or a namespace and a claim; what is not known is left empty.
func (f faults) strike(ctx context.Context, operation string, scope ...string) error {
	names := []string{operation}
	for _, part := range scope {
		if part == "" {
			break
		}
		names = append(names, names[len(names)-1]+"."+part)
	}
	for _, name := range names {
		text, err := os.ReadFile(filepath.Join(f.dir, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return status.Errorf(codes.Internal, "fault %s cannot be read: %v", name, err)
		}
		for line := range strings.Lines(string(text)) {
			if err := obey(ctx, strings.TrimSpace(line)); err != nil {
				return err
			}
		}
	}
	return nil
}

func obey(ctx context.Context, line string) error {
	if line == "" {
		return nil
	}
	if length, isDelay := strings.CutPrefix(line, "delay "); isDelay {
		wait, err := time.ParseDuration(length)
		if err != nil {
			return status.Errorf(codes.Internal, "fault %q: %v", line, err)
		}
		select {
		case <-time.After(wait):
			return nil
		case <-ctx.Done():
			return status.FromContextError(ctx.Err()).Err()
		}
	}
	if name, message, cut := strings.Cut(line, ": "); cut {
		var code codes.Code
		if code.UnmarshalJSON([]byte(strconv.Quote(name))) == nil && code != codes.OK {
			return status.Error(code, message)
		}
	}
	return status.Error(codes.Internal, line)
}
