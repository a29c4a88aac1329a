#!/bin/sh
# Writes the go.mod and go.sum of the five Go modules beside this file anew, for the versions below.
# Run it only to move to other versions: building uses the committed files as they are.
# What is not obvious:
# - k8s.io/kubernetes requires its staging modules (k8s.io/api, ...) at v0.0.0 and replaces them by local
#   directories; importers do not inherit replaces, so ours name the published module of the same release.
# - The storage sidecars and kwok are main packages, which nothing can import: "tool" lines hold their versions.
#   One module for all of them, so that they are compiled from the same packages and kwok costs half a minute.
#   external-snapshotter replaces its client module locally too, so the client is required by name, and
#   the k8s.io modules are held at the release of the cluster so that both builds share compiled packages.
set -eu
kubernetes=1.36.4
provisioner=6.3.0 resizer=2.2.0 snapshotter=8.6.0
coredns=1.14.7 kwok=0.8.0
spec=1.12.0
here=$(cd "$(dirname "$0")" && pwd)
staging=v0.${kubernetes#1.}

# begin MODULE: an empty go.mod for it, and the working directory inside.
begin() {
  cd "$here/$1"
  rm -f go.sum
  printf 'module cluster.local/%s\n\ngo 1.26.0\n' "$1" > go.mod
}

begin kubernetes
upstream=$(go mod download -json "k8s.io/kubernetes@v$kubernetes" | sed -n 's/.*"GoMod": "\(.*\)".*/\1/p')
for module in $(sed -n 's#^[[:space:]]*\(k8s.io/[a-z0-9-]*\) => ./staging/.*#\1#p' "$upstream"); do
  go mod edit -replace="$module=$module@$staging"
done
go mod edit -require="k8s.io/kubernetes@v$kubernetes"
go mod tidy

begin tools
csi=github.com/kubernetes-csi
for tool in "external-provisioner/v6/cmd/csi-provisioner v$provisioner" "external-resizer/v2/cmd/csi-resizer v$resizer" \
  "external-snapshotter/v8/cmd/csi-snapshotter v$snapshotter" "external-snapshotter/v8/cmd/snapshot-controller v$snapshotter"; do
  set -- $tool
  go mod edit -tool="$csi/$1" -require="$csi/${1%/cmd/*}@$2"
done
go mod edit -require="$csi/external-snapshotter/client/v8@v$snapshotter"
go mod edit -tool=sigs.k8s.io/kwok/cmd/kwok -require="sigs.k8s.io/kwok@v$kwok"
for module in api apiextensions-apiserver apimachinery apiserver client-go component-base component-helpers cri-api cri-client \
  cri-streaming csi-translation-lib streaming; do
  go mod edit -require="k8s.io/$module@$staging"
done
go mod tidy

begin coredns
go mod edit -require="github.com/coredns/coredns@v$coredns"
go mod tidy

begin csi-driver
go mod edit -require="github.com/container-storage-interface/spec@v$spec" -require="k8s.io/kubelet@$staging"
go mod tidy

begin relay
go mod tidy
