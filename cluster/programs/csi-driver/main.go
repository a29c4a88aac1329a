// A CSI driver whose volumes are directories of the machine: claims, snapshots, clones, online growth and
// topology for a test cluster, and storage that fails on purpose (faults.go).
//
// It serves the identity, controller and node services on one socket (--endpoint) and registers itself
// with the kubelet on another (--registration). All state lies in --dir, so a killed driver that is
// started again knows everything. Drivers of several nodes may share one --dir: a volume belongs to the
// node that the scheduler chose, and only that node mounts it.
package main

import (
	"context"
	"errors"
	"flag"
	"io/fs"
	"log"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"google.golang.org/grpc"
	registration "k8s.io/kubelet/pkg/apis/pluginregistration/v1"
)

// driver is all three CSI services and the registration; the embedded types answer what it does not offer.
type driver struct {
	csi.UnimplementedIdentityServer
	csi.UnimplementedControllerServer
	csi.UnimplementedNodeServer
	registration.UnimplementedRegistrationServer

	name     string
	node     string
	endpoint string
	store    *store
	faults   faults
	busy     busy
}

func main() {
	log.SetFlags(log.Ldate | log.Ltime | log.Lmicroseconds)
	name := flag.String("driver", "directory.csi.local", "name of the driver, as the CSIDriver object and the storage classes have it")
	node := flag.String("node", "", "name of the node that this driver serves")
	endpoint := flag.String("endpoint", "", "socket for the CSI services")
	register := flag.String("registration", "", "socket for the kubelet's plugin registration")
	dir := flag.String("dir", "", "directory for volumes, snapshots and faults")
	flag.Parse()
	for _, needed := range []string{"node", "endpoint", "registration", "dir"} {
		if flag.Lookup(needed).Value.String() == "" {
			log.Fatalf("--%s is missing", needed)
		}
	}
	store, err := openStore(*dir, *node)
	if err != nil {
		log.Fatal(err)
	}
	d := &driver{
		name:     *name,
		node:     *node,
		endpoint: socketPath(*endpoint),
		store:    store,
		faults:   faults{dir: filepath.Join(*dir, "faults")},
	}
	// The kubelet calls the endpoint as soon as it sees the registration socket: hence this order.
	services := d.listen(d.endpoint, func(s *grpc.Server) {
		csi.RegisterIdentityServer(s, d)
		csi.RegisterControllerServer(s, d)
		csi.RegisterNodeServer(s, d)
	})
	kubelet := d.listen(socketPath(*register), func(s *grpc.Server) { registration.RegisterRegistrationServer(s, d) })

	ended, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	<-ended.Done()
	kubelet.Stop()
	services.Stop()
}

// socketPath takes an address as the sidecars write it (unix:///path) or a plain path.
func socketPath(address string) string {
	return strings.TrimPrefix(address, "unix://")
}

// listen serves on a Unix socket in the background. A socket left behind by a killed driver is replaced.
func (d *driver) listen(path string, add func(*grpc.Server)) *grpc.Server {
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		log.Fatal(err)
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		log.Fatal(err)
	}
	listener, err := net.Listen("unix", path)
	if err != nil {
		log.Fatal(err)
	}
	server := grpc.NewServer(grpc.UnaryInterceptor(logged))
	add(server)
	go func() {
		if err := server.Serve(listener); err != nil {
			log.Fatal(err)
		}
	}()
	return server
}

// logged writes a line for each call that changed something or failed; probes and queries that succeed
// come too often to be worth one.
func logged(ctx context.Context, request any, info *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
	answer, err := handle(ctx, request)
	method := info.FullMethod[strings.LastIndex(info.FullMethod, "/")+1:]
	switch {
	case err != nil:
		log.Printf("%s %v: %v", method, request, err)
	case !strings.Contains(method, "Get") && method != "Probe":
		log.Printf("%s %v: done", method, request)
	}
	return answer, err
}

// GetInfo tells the kubelet where the CSI services are.
func (d *driver) GetInfo(context.Context, *registration.InfoRequest) (*registration.PluginInfo, error) {
	return &registration.PluginInfo{
		Type:              registration.CSIPlugin,
		Name:              d.name,
		Endpoint:          d.endpoint,
		SupportedVersions: []string{"1.0.0"},
	}, nil
}

// NotifyRegistrationStatus ends the driver when the kubelet refuses it: nothing could be mounted.
func (d *driver) NotifyRegistrationStatus(_ context.Context, status *registration.RegistrationStatus) (*registration.RegistrationStatusResponse, error) {
	if !status.PluginRegistered {
		log.Fatalf("the kubelet refuses the driver: %s", status.Error)
	}
	log.Printf("registered with the kubelet as %s", d.name)
	return &registration.RegistrationStatusResponse{}, nil
}

// GetPluginInfo names the driver.
func (d *driver) GetPluginInfo(context.Context, *csi.GetPluginInfoRequest) (*csi.GetPluginInfoResponse, error) {
	return &csi.GetPluginInfoResponse{Name: d.name, VendorVersion: "1"}, nil
}

// Probe is always content: the driver has nothing behind it that could be away.
func (d *driver) Probe(context.Context, *csi.ProbeRequest) (*csi.ProbeResponse, error) {
	return &csi.ProbeResponse{}, nil
}

// GetPluginCapabilities says that there is a controller, that volumes live on nodes and that they grow online.
func (d *driver) GetPluginCapabilities(context.Context, *csi.GetPluginCapabilitiesRequest) (*csi.GetPluginCapabilitiesResponse, error) {
	answer := &csi.GetPluginCapabilitiesResponse{Capabilities: []*csi.PluginCapability{{
		Type: &csi.PluginCapability_VolumeExpansion_{VolumeExpansion: &csi.PluginCapability_VolumeExpansion{
			Type: csi.PluginCapability_VolumeExpansion_ONLINE,
		}},
	}}}
	for _, service := range []csi.PluginCapability_Service_Type{
		csi.PluginCapability_Service_CONTROLLER_SERVICE,
		csi.PluginCapability_Service_VOLUME_ACCESSIBILITY_CONSTRAINTS,
	} {
		answer.Capabilities = append(answer.Capabilities, &csi.PluginCapability{
			Type: &csi.PluginCapability_Service_{Service: &csi.PluginCapability_Service{Type: service}},
		})
	}
	return answer, nil
}
