// The controller service: volumes and snapshots are made, copied, grown and deleted. Every call may be
// repeated with the same name or id and then answers the same (the id of an entry is its name).
package main

import (
	"context"
	"time"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// The parameters that the sidecars add with --extra-create-metadata.
const (
	claimName         = "csi.storage.k8s.io/pvc/name"
	claimNamespace    = "csi.storage.k8s.io/pvc/namespace"
	defaultVolumeSize = 1 << 30
)

func (d *driver) ControllerGetCapabilities(context.Context, *csi.ControllerGetCapabilitiesRequest) (*csi.ControllerGetCapabilitiesResponse, error) {
	answer := &csi.ControllerGetCapabilitiesResponse{}
	for _, capability := range []csi.ControllerServiceCapability_RPC_Type{
		csi.ControllerServiceCapability_RPC_CREATE_DELETE_VOLUME,
		csi.ControllerServiceCapability_RPC_CREATE_DELETE_SNAPSHOT,
		csi.ControllerServiceCapability_RPC_CLONE_VOLUME,
		csi.ControllerServiceCapability_RPC_EXPAND_VOLUME,
		csi.ControllerServiceCapability_RPC_SINGLE_NODE_MULTI_WRITER,
	} {
		answer.Capabilities = append(answer.Capabilities, &csi.ControllerServiceCapability{
			Type: &csi.ControllerServiceCapability_Rpc{Rpc: &csi.ControllerServiceCapability_RPC{Type: capability}},
		})
	}
	return answer, nil
}

// CreateVolume makes an empty volume, or a copy of a snapshot or of another volume.
func (d *driver) CreateVolume(ctx context.Context, request *csi.CreateVolumeRequest) (*csi.CreateVolumeResponse, error) {
	id := request.GetName()
	if !validID(id) {
		return nil, status.Errorf(codes.InvalidArgument, "%q cannot be the name of a volume", id)
	}
	if err := supported(request.GetVolumeCapabilities()); err != nil {
		return nil, err
	}
	if !d.busy.take(id) {
		return nil, stillWorking(id)
	}
	defer d.busy.release(id)
	wanted := volume{
		Capacity:  max(request.GetCapacityRange().GetRequiredBytes(), 0),
		Node:      d.chosenNode(request.GetAccessibilityRequirements()),
		Namespace: request.GetParameters()[claimNamespace],
		Claim:     request.GetParameters()[claimName],
	}
	if err := d.faults.strike(ctx, "create-volume", wanted.Namespace, wanted.Claim); err != nil {
		return nil, err
	}
	source, sourceSize, err := d.source(request.GetVolumeContentSource(), &wanted)
	if err != nil {
		return nil, err
	}
	if wanted.Capacity == 0 {
		wanted.Capacity = max(sourceSize, defaultVolumeSize)
	}
	limit := request.GetCapacityRange().GetLimitBytes()
	if wanted.Capacity < sourceSize || limit > 0 && wanted.Capacity > limit {
		return nil, status.Errorf(codes.OutOfRange, "%d bytes: the source has %d, the limit is %d", wanted.Capacity, sourceSize, limit)
	}
	var existing volume
	exists, err := d.store.read(volumes, id, &existing)
	if err != nil {
		return nil, err
	}
	if exists {
		if existing.Source != wanted.Source || existing.Capacity < wanted.Capacity || limit > 0 && existing.Capacity > limit {
			return nil, status.Errorf(codes.AlreadyExists, "volume %s exists with another size or source", id)
		}
		return d.volumeAnswer(id, existing, request.GetVolumeContentSource()), nil
	}
	if err := d.store.create(ctx, volumes, id, source, wanted); err != nil {
		return nil, status.Error(codes.Internal, err.Error())
	}
	return d.volumeAnswer(id, wanted, request.GetVolumeContentSource()), nil
}

// source finds the directory and size to copy from and notes it in the record; "" for an empty volume.
func (d *driver) source(content *csi.VolumeContentSource, record *volume) (string, int64, error) {
	var kind, id string
	var size int64
	var found bool
	var err error
	switch {
	case content.GetSnapshot() != nil:
		kind, id = snapshots, content.GetSnapshot().GetSnapshotId()
		var from snapshot
		found, err = d.store.read(kind, id, &from)
		size = from.Capacity
	case content.GetVolume() != nil:
		kind, id = volumes, content.GetVolume().GetVolumeId()
		var from volume
		found, err = d.store.read(kind, id, &from)
		size = from.Capacity
	default:
		return "", 0, nil
	}
	if err != nil {
		return "", 0, err
	}
	if !found {
		return "", 0, status.Errorf(codes.NotFound, "the source %s is not among the %s", id, kind)
	}
	record.Source = kind + "/" + id
	return d.store.data(kind, id), size, nil
}

func (d *driver) volumeAnswer(id string, record volume, content *csi.VolumeContentSource) *csi.CreateVolumeResponse {
	return &csi.CreateVolumeResponse{Volume: &csi.Volume{
		VolumeId:           id,
		CapacityBytes:      record.Capacity,
		ContentSource:      content,
		AccessibleTopology: []*csi.Topology{{Segments: map[string]string{d.topologyKey(): record.Node}}},
	}}
}

// topologyKey is the node label by which the scheduler keeps pods beside their volumes.
func (d *driver) topologyKey() string {
	return "topology." + d.name + "/node"
}

// chosenNode is the node that the scheduler prefers, or this one when it has no opinion.
func (d *driver) chosenNode(requirement *csi.TopologyRequirement) string {
	for _, topologies := range [][]*csi.Topology{requirement.GetPreferred(), requirement.GetRequisite()} {
		for _, topology := range topologies {
			if node := topology.GetSegments()[d.topologyKey()]; node != "" {
				return node
			}
		}
	}
	return d.node
}

// DeleteVolume removes the volume; one that is gone is fine.
func (d *driver) DeleteVolume(ctx context.Context, request *csi.DeleteVolumeRequest) (*csi.DeleteVolumeResponse, error) {
	id := request.GetVolumeId()
	var record volume
	exists, err := d.store.read(volumes, id, &record)
	if err != nil {
		return nil, err
	}
	if !exists {
		return &csi.DeleteVolumeResponse{}, nil
	}
	err = d.change(ctx, "delete-volume", id, record.Namespace, func() error { return d.store.remove(volumes, id) })
	return &csi.DeleteVolumeResponse{}, err
}

// CreateSnapshot copies the volume as it is now.
func (d *driver) CreateSnapshot(ctx context.Context, request *csi.CreateSnapshotRequest) (*csi.CreateSnapshotResponse, error) {
	id, from := request.GetName(), request.GetSourceVolumeId()
	if !validID(id) {
		return nil, status.Errorf(codes.InvalidArgument, "%q cannot be the name of a snapshot", id)
	}
	var origin volume
	var record snapshot
	err := d.locked(id, func() error {
		exists, err := d.store.read(snapshots, id, &record)
		if err != nil {
			return err
		}
		if exists {
			if record.Volume != from {
				return status.Errorf(codes.AlreadyExists, "snapshot %s is of volume %s", id, record.Volume)
			}
			return nil
		}
		found, err := d.store.read(volumes, from, &origin)
		if err != nil {
			return err
		}
		if !found {
			return status.Errorf(codes.NotFound, "there is no volume %s", from)
		}
		if err := d.faults.strike(ctx, "create-snapshot", origin.Namespace, origin.Claim); err != nil {
			return err
		}
		record = snapshot{Volume: from, Capacity: origin.Capacity, Created: time.Now()}
		return d.store.create(ctx, snapshots, id, d.store.data(volumes, from), record)
	})
	if err != nil {
		return nil, err
	}
	return &csi.CreateSnapshotResponse{Snapshot: &csi.Snapshot{
		SnapshotId:     id,
		SourceVolumeId: record.Volume,
		SizeBytes:      record.Capacity,
		CreationTime:   timestamppb.New(record.Created),
		ReadyToUse:     true,
	}}, nil
}

// DeleteSnapshot removes the snapshot; one that is gone is fine.
func (d *driver) DeleteSnapshot(ctx context.Context, request *csi.DeleteSnapshotRequest) (*csi.DeleteSnapshotResponse, error) {
	id := request.GetSnapshotId()
	var record snapshot
	exists, err := d.store.read(snapshots, id, &record)
	if err != nil {
		return nil, err
	}
	if !exists {
		return &csi.DeleteSnapshotResponse{}, nil
	}
	err = d.change(ctx, "delete-snapshot", id, "", func() error { return d.store.remove(snapshots, id) })
	return &csi.DeleteSnapshotResponse{}, err
}

// ControllerExpandVolume notes the new size; the node's part (online) follows.
func (d *driver) ControllerExpandVolume(ctx context.Context, request *csi.ControllerExpandVolumeRequest) (*csi.ControllerExpandVolumeResponse, error) {
	id := request.GetVolumeId()
	var record volume
	exists, err := d.store.read(volumes, id, &record)
	if err != nil {
		return nil, err
	}
	if !exists {
		return nil, status.Errorf(codes.NotFound, "there is no volume %s", id)
	}
	err = d.change(ctx, "expand", id, record.Namespace, func() error {
		record.Capacity = max(record.Capacity, request.GetCapacityRange().GetRequiredBytes())
		return d.store.update(volumes, id, record)
	})
	return &csi.ControllerExpandVolumeResponse{CapacityBytes: record.Capacity, NodeExpansionRequired: true}, err
}

// ValidateVolumeCapabilities confirms what supported accepts.
func (d *driver) ValidateVolumeCapabilities(_ context.Context, request *csi.ValidateVolumeCapabilitiesRequest) (*csi.ValidateVolumeCapabilitiesResponse, error) {
	exists, err := d.store.read(volumes, request.GetVolumeId(), &volume{})
	if err != nil {
		return nil, err
	}
	if !exists {
		return nil, status.Errorf(codes.NotFound, "there is no volume %s", request.GetVolumeId())
	}
	if err := supported(request.GetVolumeCapabilities()); err != nil {
		return &csi.ValidateVolumeCapabilitiesResponse{Message: err.Error()}, nil
	}
	return &csi.ValidateVolumeCapabilitiesResponse{Confirmed: &csi.ValidateVolumeCapabilitiesResponse_Confirmed{
		VolumeCapabilities: request.GetVolumeCapabilities(),
	}}, nil
}

// change runs one write on an entry, after its faults and with no other call on the same id.
func (d *driver) change(ctx context.Context, operation, id, namespace string, write func() error) error {
	return d.locked(id, func() error {
		if err := d.faults.strike(ctx, operation, namespace); err != nil {
			return err
		}
		return write()
	})
}

// locked runs a call alone on its id; errors that carry no gRPC code become INTERNAL.
func (d *driver) locked(id string, call func() error) error {
	if !d.busy.take(id) {
		return stillWorking(id)
	}
	defer d.busy.release(id)
	err := call()
	if _, coded := status.FromError(err); coded {
		return err
	}
	return status.Error(codes.Internal, err.Error())
}

func stillWorking(id string) error {
	return status.Errorf(codes.Aborted, "another call is still working on %s", id)
}

// supported refuses what a directory on one node cannot be: a block device, or shared between nodes.
func supported(capabilities []*csi.VolumeCapability) error {
	if len(capabilities) == 0 {
		return status.Error(codes.InvalidArgument, "no volume capability is given")
	}
	for _, capability := range capabilities {
		if capability.GetBlock() != nil {
			return status.Error(codes.InvalidArgument, "volumes are directories, not block devices")
		}
		switch mode := capability.GetAccessMode().GetMode(); mode {
		case csi.VolumeCapability_AccessMode_SINGLE_NODE_WRITER,
			csi.VolumeCapability_AccessMode_SINGLE_NODE_READER_ONLY,
			csi.VolumeCapability_AccessMode_SINGLE_NODE_SINGLE_WRITER,
			csi.VolumeCapability_AccessMode_SINGLE_NODE_MULTI_WRITER:
		default:
			return status.Errorf(codes.InvalidArgument, "a volume belongs to one node, so %s is not possible", mode)
		}
	}
	return nil
}
