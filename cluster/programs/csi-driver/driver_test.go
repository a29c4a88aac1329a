package main

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

func newDriver(t *testing.T) *driver {
	t.Helper()
	dir := t.TempDir()
	store, err := openStore(dir, "n1")
	if err != nil {
		t.Fatal(err)
	}
	return &driver{name: "test", node: "n1", store: store, faults: faults{dir: filepath.Join(dir, "faults")}}
}

func must[T any](t *testing.T) func(T, error) T {
	return func(value T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

func wantCode(t *testing.T, err error, code codes.Code) {
	t.Helper()
	if status.Code(err) != code {
		t.Fatalf("got %v, want code %v", err, code)
	}
}

func request(name string, size int64) *csi.CreateVolumeRequest {
	return &csi.CreateVolumeRequest{
		Name:          name,
		CapacityRange: &csi.CapacityRange{RequiredBytes: size},
		Parameters:    map[string]string{claimNamespace: "ns1", claimName: "data-0"},
		VolumeCapabilities: []*csi.VolumeCapability{{
			AccessType: &csi.VolumeCapability_Mount{Mount: &csi.VolumeCapability_MountVolume{}},
			AccessMode: &csi.VolumeCapability_AccessMode{Mode: csi.VolumeCapability_AccessMode_SINGLE_NODE_WRITER},
		}},
	}
}

func (d *driver) write(t *testing.T, volume, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(d.store.data(volumes, volume), name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func (d *driver) content(t *testing.T, volume, name string) string {
	t.Helper()
	return string(must[[]byte](t)(os.ReadFile(filepath.Join(d.store.data(volumes, volume), name))))
}

func TestCreateVolumeIsIdempotentByName(t *testing.T) {
	ctx, d := context.Background(), newDriver(t)
	first := must[*csi.CreateVolumeResponse](t)(d.CreateVolume(ctx, request("v", 100)))
	d.write(t, "v", "file", "kept")
	second := must[*csi.CreateVolumeResponse](t)(d.CreateVolume(ctx, request("v", 100)))

	if first.Volume.VolumeId != second.Volume.VolumeId || d.content(t, "v", "file") != "kept" {
		t.Fatal("the second call made another volume")
	}
	_, err := d.CreateVolume(ctx, request("v", 200))
	wantCode(t, err, codes.AlreadyExists)
}

func TestSnapshotAndCloneKeepWhatWasThere(t *testing.T) {
	ctx, d := context.Background(), newDriver(t)
	must[*csi.CreateVolumeResponse](t)(d.CreateVolume(ctx, request("v", 100)))
	d.write(t, "v", "file", "old")
	taken := must[*csi.CreateSnapshotResponse](t)(d.CreateSnapshot(ctx, &csi.CreateSnapshotRequest{Name: "s", SourceVolumeId: "v"}))
	d.write(t, "v", "file", "new")
	again := must[*csi.CreateSnapshotResponse](t)(d.CreateSnapshot(ctx, &csi.CreateSnapshotRequest{Name: "s", SourceVolumeId: "v"}))
	if !again.Snapshot.CreationTime.AsTime().Equal(taken.Snapshot.CreationTime.AsTime()) {
		t.Fatal("the second call took another snapshot")
	}

	restore := request("r", 100)
	restore.VolumeContentSource = &csi.VolumeContentSource{Type: &csi.VolumeContentSource_Snapshot{
		Snapshot: &csi.VolumeContentSource_SnapshotSource{SnapshotId: "s"},
	}}
	must[*csi.CreateVolumeResponse](t)(d.CreateVolume(ctx, restore))
	clone := request("c", 100)
	clone.VolumeContentSource = &csi.VolumeContentSource{Type: &csi.VolumeContentSource_Volume{
		Volume: &csi.VolumeContentSource_VolumeSource{VolumeId: "v"},
	}}
	must[*csi.CreateVolumeResponse](t)(d.CreateVolume(ctx, clone))
	if got := d.content(t, "r", "file") + " " + d.content(t, "c", "file"); got != "old new" {
		t.Fatalf("restored and cloned: %q", got)
	}

	restore.CapacityRange.RequiredBytes = 50
	restore.Name = "small"
	_, err := d.CreateVolume(ctx, restore)
	wantCode(t, err, codes.OutOfRange)
	must[*csi.DeleteSnapshotResponse](t)(d.DeleteSnapshot(ctx, &csi.DeleteSnapshotRequest{SnapshotId: "s"}))
	must[*csi.DeleteSnapshotResponse](t)(d.DeleteSnapshot(ctx, &csi.DeleteSnapshotRequest{SnapshotId: "s"}))
	restore.Name = "late"
	_, err = d.CreateVolume(ctx, restore)
	wantCode(t, err, codes.NotFound)
}

func TestGrowthIsRemembered(t *testing.T) {
	ctx, d := context.Background(), newDriver(t)
	must[*csi.CreateVolumeResponse](t)(d.CreateVolume(ctx, request("v", 100)))
	grown := must[*csi.ControllerExpandVolumeResponse](t)(d.ControllerExpandVolume(ctx, &csi.ControllerExpandVolumeRequest{
		VolumeId: "v", CapacityRange: &csi.CapacityRange{RequiredBytes: 300},
	}))
	onNode := must[*csi.NodeExpandVolumeResponse](t)(d.NodeExpandVolume(ctx, &csi.NodeExpandVolumeRequest{VolumeId: "v"}))
	if grown.CapacityBytes != 300 || !grown.NodeExpansionRequired || onNode.CapacityBytes != 300 {
		t.Fatalf("%v, %v", grown, onNode)
	}
}

func TestFaultsStrikeByOperationNamespaceAndClaim(t *testing.T) {
	ctx, d := context.Background(), newDriver(t)
	fault := func(name, text string) string {
		path := filepath.Join(d.faults.dir, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	fault("create-volume.other", "not for ns1")
	fault("create-volume.ns1.data-1", "not for data-0")
	fault("create-snapshot.ns1.data-1", "not for data-0")
	must[*csi.CreateVolumeResponse](t)(d.CreateVolume(ctx, request("v", 100)))

	path := fault("create-volume.ns1", "delay 1ms\nRESOURCE_EXHAUSTED: the array is full\n")
	_, err := d.CreateVolume(ctx, request("w", 100))
	wantCode(t, err, codes.ResourceExhausted)
	if exists, _ := d.store.read(volumes, "w", &volume{}); exists {
		t.Fatal("the failed call made a volume")
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	must[*csi.CreateVolumeResponse](t)(d.CreateVolume(ctx, request("w", 100)))

	must[*csi.CreateSnapshotResponse](t)(d.CreateSnapshot(ctx, &csi.CreateSnapshotRequest{Name: "r", SourceVolumeId: "v"}))
	fault("create-snapshot.ns1.data-0", "UNAVAILABLE: busy")
	_, err = d.CreateSnapshot(ctx, &csi.CreateSnapshotRequest{Name: "t", SourceVolumeId: "v"})
	wantCode(t, err, codes.Unavailable)

	fault("expand", "the array: refuses")
	_, err = d.ControllerExpandVolume(ctx, &csi.ControllerExpandVolumeRequest{VolumeId: "v"})
	wantCode(t, err, codes.Internal)
	fault("create-snapshot", "delay 1h")
	soon, cancel := context.WithCancel(ctx)
	cancel()
	_, err = d.CreateSnapshot(soon, &csi.CreateSnapshotRequest{Name: "s", SourceVolumeId: "v"})
	wantCode(t, err, codes.Canceled)
}

func TestVolumeFollowsTheChosenNode(t *testing.T) {
	ctx, d := context.Background(), newDriver(t)
	elsewhere := request("v", 100)
	elsewhere.AccessibilityRequirements = &csi.TopologyRequirement{Preferred: []*csi.Topology{
		{Segments: map[string]string{"topology.test/node": "n2"}},
	}}
	made := must[*csi.CreateVolumeResponse](t)(d.CreateVolume(ctx, elsewhere))
	if got := made.Volume.AccessibleTopology[0].Segments["topology.test/node"]; got != "n2" {
		t.Fatalf("the volume is on %q", got)
	}
	_, err := d.NodePublishVolume(ctx, &csi.NodePublishVolumeRequest{VolumeId: "v", TargetPath: t.TempDir()})
	wantCode(t, err, codes.FailedPrecondition)
}

func TestUnfinishedEntriesOfTheNodeVanishAtTheStart(t *testing.T) {
	d := newDriver(t)
	left := filepath.Join(d.store.dir, volumes, unfinished+"n1-v")
	ofAnother := filepath.Join(d.store.dir, volumes, unfinished+"n2-v")
	for _, path := range []string{left, ofAnother} {
		if err := os.MkdirAll(path, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := openStore(d.store.dir, "n1"); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(left); !os.IsNotExist(err) {
		t.Fatal("it is still there")
	}
	if _, err := os.Stat(ofAnother); err != nil {
		t.Fatal("what the driver of another node is making is gone")
	}
}
