// The node service: a volume's data directory is bind-mounted where the kubelet wants it. Sizes are not
// enforced (a volume is a directory), so growing on the node only reports the size.
package main

import (
	"bufio"
	"context"
	"errors"
	"io/fs"
	"os"
	"strings"
	"syscall"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

func (d *driver) NodeGetInfo(context.Context, *csi.NodeGetInfoRequest) (*csi.NodeGetInfoResponse, error) {
	return &csi.NodeGetInfoResponse{
		NodeId:             d.node,
		AccessibleTopology: &csi.Topology{Segments: map[string]string{d.topologyKey(): d.node}},
	}, nil
}

func (d *driver) NodeGetCapabilities(context.Context, *csi.NodeGetCapabilitiesRequest) (*csi.NodeGetCapabilitiesResponse, error) {
	answer := &csi.NodeGetCapabilitiesResponse{}
	for _, capability := range []csi.NodeServiceCapability_RPC_Type{
		csi.NodeServiceCapability_RPC_EXPAND_VOLUME,
		csi.NodeServiceCapability_RPC_SINGLE_NODE_MULTI_WRITER,
	} {
		answer.Capabilities = append(answer.Capabilities, &csi.NodeServiceCapability{
			Type: &csi.NodeServiceCapability_Rpc{Rpc: &csi.NodeServiceCapability_RPC{Type: capability}},
		})
	}
	return answer, nil
}

// NodePublishVolume mounts the volume at the target; a target that is mounted already is fine.
func (d *driver) NodePublishVolume(ctx context.Context, request *csi.NodePublishVolumeRequest) (*csi.NodePublishVolumeResponse, error) {
	id, target := request.GetVolumeId(), request.GetTargetPath()
	var record volume
	exists, err := d.store.read(volumes, id, &record)
	if err != nil {
		return nil, err
	}
	if !exists {
		return nil, status.Errorf(codes.NotFound, "there is no volume %s", id)
	}
	if record.Node != d.node {
		return nil, status.Errorf(codes.FailedPrecondition, "volume %s belongs to node %s", id, record.Node)
	}
	if err := d.faults.strike(ctx, "publish", record.Namespace); err != nil {
		return nil, err
	}
	err = d.locked(target, func() error {
		if mounted, err := isMounted(target); mounted || err != nil {
			return err
		}
		if err := os.MkdirAll(target, 0o750); err != nil {
			return err
		}
		if err := syscall.Mount(d.store.data(volumes, id), target, "", syscall.MS_BIND, ""); err != nil {
			return err
		}
		if !request.GetReadonly() {
			return nil
		}
		// A bind mount takes "read only" in a second step; without it the first must not stay.
		if err := syscall.Mount("", target, "", syscall.MS_BIND|syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
			return errors.Join(err, syscall.Unmount(target, 0))
		}
		return nil
	})
	return &csi.NodePublishVolumeResponse{}, err
}

// NodeUnpublishVolume unmounts the target and removes it; one that is gone is fine.
func (d *driver) NodeUnpublishVolume(_ context.Context, request *csi.NodeUnpublishVolumeRequest) (*csi.NodeUnpublishVolumeResponse, error) {
	target := request.GetTargetPath()
	err := d.locked(target, func() error {
		mounted, err := isMounted(target)
		if err != nil {
			return err
		}
		if mounted {
			if err := syscall.Unmount(target, 0); err != nil {
				return err
			}
		}
		// Not RemoveAll: if the unmount was not what it seemed, the data must survive.
		if err := os.Remove(target); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	})
	return &csi.NodeUnpublishVolumeResponse{}, err
}

// NodeExpandVolume reports the size that the controller noted.
func (d *driver) NodeExpandVolume(ctx context.Context, request *csi.NodeExpandVolumeRequest) (*csi.NodeExpandVolumeResponse, error) {
	var record volume
	exists, err := d.store.read(volumes, request.GetVolumeId(), &record)
	if err != nil {
		return nil, err
	}
	if !exists {
		return nil, status.Errorf(codes.NotFound, "there is no volume %s", request.GetVolumeId())
	}
	if err := d.faults.strike(ctx, "node-expand", record.Namespace); err != nil {
		return nil, err
	}
	return &csi.NodeExpandVolumeResponse{CapacityBytes: record.Capacity}, nil
}

// isMounted looks for the path among the mount points of this process.
func isMounted(path string) (bool, error) {
	file, err := os.Open("/proc/self/mountinfo")
	if err != nil {
		return false, err
	}
	defer file.Close()
	// The kernel writes blanks in paths as octal escapes.
	escaped := strings.NewReplacer(`\`, `\134`, " ", `\040`, "\t", `\011`, "\n", `\012`).Replace(path)
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if fields := strings.Fields(lines.Text()); len(fields) > 4 && fields[4] == escaped {
			return true, nil
		}
	}
	return false, lines.Err()
}
