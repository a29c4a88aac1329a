// What the driver keeps on disk: DIR/volumes/ID and DIR/snapshots/ID, each with its data directory and a
// record in JSON. An entry appears by a rename when it is complete, so a killed driver leaves either a
// whole entry or a temporary directory that the next start removes.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Drivers of several nodes share the directory, so each has names of its own for what is not whole yet.
type store struct{ dir, unfinished string }

// volume is the record of a volume. Namespace and Claim name the claim it was made for, if it is known.
type volume struct {
	Capacity  int64  `json:"capacity"`
	Node      string `json:"node"`
	Namespace string `json:"namespace,omitempty"`
	Claim     string `json:"claim,omitempty"`
	// The source, so that the same name with another source is refused.
	Source string `json:"source,omitempty"`
}

// snapshot is the record of a snapshot.
type snapshot struct {
	Volume   string    `json:"volume"`
	Capacity int64     `json:"capacity"`
	Created  time.Time `json:"created"`
}

const (
	volumes   = "volumes"
	snapshots = "snapshots"
	// Begins the names of entries that are being made or deleted, before the node's name; no valid id begins with a dot.
	unfinished = ".unfinished-"
)

// openStore makes the directories and removes what a killed driver of this node left unfinished.
func openStore(dir, node string) (*store, error) {
	s := &store{dir: dir, unfinished: unfinished + node + "-"}
	for _, kind := range []string{volumes, snapshots, "faults"} {
		if err := os.MkdirAll(filepath.Join(dir, kind), 0o755); err != nil {
			return nil, err
		}
		rest, err := filepath.Glob(filepath.Join(dir, kind, s.unfinished+"*"))
		if err != nil {
			return nil, err
		}
		for _, path := range rest {
			if err := os.RemoveAll(path); err != nil {
				return nil, err
			}
		}
	}
	return s, nil
}

// validID says whether an id can be the name of a directory of its own.
func validID(id string) bool {
	return id != "" && !strings.HasPrefix(id, ".") && !strings.ContainsRune(id, '/') && len(id) <= 128
}

func (s *store) data(kind, id string) string {
	return filepath.Join(s.dir, kind, id, "data")
}

// read fills the record of an entry; false when there is no such entry.
func (s *store) read(kind, id string, record any) (bool, error) {
	if !validID(id) {
		return false, nil
	}
	text, err := os.ReadFile(filepath.Join(s.dir, kind, id, "record.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return true, json.Unmarshal(text, record)
}

// create makes an entry with a copy of the source directory, or empty when source is "".
func (s *store) create(ctx context.Context, kind, id, source string, record any) error {
	fresh := filepath.Join(s.dir, kind, s.unfinished+id)
	if err := os.RemoveAll(fresh); err != nil {
		return err
	}
	data := filepath.Join(fresh, "data")
	if err := os.MkdirAll(data, 0o755); err != nil {
		return err
	}
	if source != "" {
		if err := copyStable(ctx, source, data); err != nil {
			os.RemoveAll(fresh)
			return err
		}
	}
	if err := writeRecord(fresh, record); err != nil {
		return err
	}
	return os.Rename(fresh, filepath.Join(s.dir, kind, id))
}

// update replaces the record of an entry.
func (s *store) update(kind, id string, record any) error {
	return writeRecord(filepath.Join(s.dir, kind, id), record)
}

func writeRecord(dir string, record any) error {
	text, err := json.Marshal(record)
	if err != nil {
		return err
	}
	fresh := filepath.Join(dir, "record.json.new")
	if err := os.WriteFile(fresh, text, 0o644); err != nil {
		return err
	}
	return os.Rename(fresh, filepath.Join(dir, "record.json"))
}

// remove deletes an entry; one that is not there is fine. The rename first makes it disappear at once.
func (s *store) remove(kind, id string) error {
	if !validID(id) {
		return nil
	}
	gone := filepath.Join(s.dir, kind, s.unfinished+id)
	if err := os.Rename(filepath.Join(s.dir, kind, id), gone); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return os.RemoveAll(gone)
}

// copyStable copies a directory that may be in use. A file system snapshot would be of one moment; a copy
// is not, so it is made again when a file appeared, vanished or was replaced meanwhile. That is exact for
// programs that append to files and replace them by renames, as Redis does, and for everything at rest.
func copyStable(ctx context.Context, from, to string) error {
	const attempts = 10
	for range attempts {
		before, err := listing(from)
		if err != nil {
			return err
		}
		output, copyErr := exec.CommandContext(ctx, "cp", "-a", "--reflink=auto", from+"/.", to).CombinedOutput()
		after, err := listing(from)
		if err != nil {
			return err
		}
		if maps.Equal(before, after) {
			if copyErr != nil {
				return fmt.Errorf("copying %s failed: %w: %s", from, copyErr, strings.TrimSpace(string(output)))
			}
			return nil
		}
		if err := errors.Join(os.RemoveAll(to), os.Mkdir(to, 0o755)); err != nil {
			return err
		}
	}
	return fmt.Errorf("the files of %s were replaced faster than they could be copied, %d times", from, attempts)
}

// listing maps each path below a directory to its inode number.
func listing(dir string) (map[string]uint64, error) {
	inodes := map[string]uint64{}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err == nil {
			var info fs.FileInfo
			if info, err = entry.Info(); err == nil {
				inodes[path] = info.Sys().(*syscall.Stat_t).Ino
			}
		}
		if errors.Is(err, fs.ErrNotExist) && path != dir {
			return nil // vanished while we looked: the other listing will differ
		}
		return err
	})
	return inodes, err
}

// busy holds the ids that a call is working on. CSI callers repeat a call that took too long while the
// first still runs; the second must not touch the same directories.
type busy struct{ ids sync.Map }

// take marks an id; false when another call has it. The caller gives it back by release.
func (b *busy) take(id string) bool {
	_, taken := b.ids.LoadOrStore(id, nil)
	return !taken
}

func (b *busy) release(id string) {
	b.ids.Delete(id)
}
