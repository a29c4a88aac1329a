/**
 * All programs that a cluster is made of, built once into a cache directory: Kubernetes and etcd, the
 * storage sidecars, kwok, CoreDNS and our own driver and relay from Go modules, the node programs from Debian.
 * How each is built is in the files beside this one; container images are in ../images.
 */
import { chmod, copyFile, mkdir, symlink } from 'node:fs/promises'
import path from 'node:path'
import { ensureEntries, type Entry, type Report } from './cache.ts'
import { buildGo, goKey, type GoModule, requiredModule } from './go.ts'
import { nodePrograms } from './node-programs.ts'

export interface Programs {
  /** Directories, joined by colons, to put first in the PATH. */
  readonly path: string
  /** Directory of the CNI plugins. */
  readonly cni: string
  /** LD_LIBRARY_PATH for the programs from Debian. */
  readonly libraryPath: string
  /** Directory with the three CustomResourceDefinitions of snapshot.storage.k8s.io. */
  readonly snapshotCrds: string
}

const kubernetesVersion = '1.36.4'

const here = import.meta.dirname

/** The names that the one Kubernetes program answers to. */
const kubernetesNames = [
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kubelet',
  'kube-proxy',
  'kubectl',
  'etcd',
]

const sidecars = {
  'csi-provisioner': 'github.com/kubernetes-csi/external-provisioner/v6/cmd/csi-provisioner',
  'csi-resizer': 'github.com/kubernetes-csi/external-resizer/v2/cmd/csi-resizer',
  'csi-snapshotter': 'github.com/kubernetes-csi/external-snapshotter/v8/cmd/csi-snapshotter',
  'snapshot-controller': 'github.com/kubernetes-csi/external-snapshotter/v8/cmd/snapshot-controller',
}

const kwokPackage = 'sigs.k8s.io/kwok/cmd/kwok'

/** Programs of others that nothing imports: one module, so that they share what they compile. */
const tools = path.join(here, 'tools')

const crdModule = 'github.com/kubernetes-csi/external-snapshotter/client/v8'
const crds = ['volumesnapshotclasses', 'volumesnapshotcontents', 'volumesnapshots'].map(
  (plural) => `snapshot.storage.k8s.io_${plural}.yaml`,
)

/**
 * Makes sure that every program is in the cache and says where. Reports a line for each step that takes
 * time and nothing when all is there. Throws a Prerequisite when the machine lacks something.
 */
export async function ensurePrograms(options: {
  readonly cache: string
  readonly report: Report
}): Promise<Programs> {
  const { cache, report } = options
  const entries = await Promise.all([
    kubernetes(report),
    ownProgram('relay', '5 seconds', report),
    ownProgram('csi-driver', '30 seconds', report),
    ownProgram('coredns', '90 seconds', report),
    storageSidecars(report),
    fakeNodes(report),
    nodePrograms(),
  ])
  const directories = await ensureEntries(path.resolve(cache), entries, report)
  const [sidecarDirectory, , nodeDirectory] = directories.slice(-3) as [string, string, string]
  return {
    path: directories.map((directory) => path.join(directory, 'bin')).join(':'),
    cni: path.join(nodeDirectory, 'cni'),
    libraryPath: path.join(nodeDirectory, 'lib'),
    snapshotCrds: path.join(sidecarDirectory, 'crds'),
  }
}

/** Kubernetes and etcd: one program with a link for each name. */
async function kubernetes(report: Report): Promise<Entry> {
  const module: GoModule = {
    directory: path.join(here, 'kubernetes'),
    packages: ['.'],
    variables: versionVariables(),
  }
  return {
    title: `kubernetes ${kubernetesVersion}`,
    duration: '5 minutes',
    directory: `kubernetes-${kubernetesVersion}-${await goKey(module)}`,
    files: kubernetesNames.map((name) => `bin/${name}`),
    space: 12e9,
    build: async (fresh) => {
      const bin = path.join(fresh, 'bin')
      await mkdir(bin)
      await buildGo(module, bin, report)
      for (const name of kubernetesNames) await symlink('kubernetes', path.join(bin, name))
    },
  }
}

/** Without these the programs call themselves v0.0.0-master, and clients believe it. */
function versionVariables(): Record<string, string> {
  const [major = '', minor = ''] = kubernetesVersion.split('.')
  const values = {
    gitVersion: `v${kubernetesVersion}`,
    gitMajor: major,
    gitMinor: minor,
    gitTreeState: 'clean',
    buildDate: '1970-01-01T00:00:00Z', // the same sources give the same program
  }
  const variables = ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version'].flatMap((name) =>
    Object.entries(values).map(([variable, value]) => [`${name}.${variable}`, value]),
  )
  return Object.fromEntries(variables)
}

/** The storage sidecars, and the CRDs that the snapshot ones work with. */
async function storageSidecars(report: Report): Promise<Entry> {
  const module: GoModule = { directory: tools, packages: Object.values(sidecars) }
  return {
    title: 'storage sidecars',
    duration: '2 minutes',
    directory: `csi-${await goKey(module)}`,
    files: [...Object.keys(sidecars).map((name) => `bin/${name}`), ...crds.map((name) => `crds/${name}`)],
    space: 4e9,
    build: async (fresh) => {
      await mkdir(path.join(fresh, 'bin'))
      await buildGo(module, path.join(fresh, 'bin'), report)
      await copyCrds(
        path.join(await requiredModule(module, crdModule), 'config/crd'),
        path.join(fresh, 'crds'),
      )
    },
  }
}

/** kwok, which plays nodes and pods that do not exist. After the sidecars' packages it compiles about 130 of its own. */
async function fakeNodes(report: Report): Promise<Entry> {
  const module: GoModule = { directory: tools, packages: [kwokPackage] }
  return {
    title: 'kwok',
    duration: '30 seconds',
    directory: `kwok-${await goKey(module)}`,
    files: ['bin/kwok'],
    space: 4e9,
    build: async (fresh) => {
      await mkdir(path.join(fresh, 'bin'))
      await buildGo(module, path.join(fresh, 'bin'), report)
    },
  }
}

async function copyCrds(from: string, to: string): Promise<void> {
  await mkdir(to)
  for (const name of crds) {
    await copyFile(path.join(from, name), path.join(to, name))
    await chmod(path.join(to, name), 0o644) // files of the module cache are read-only
  }
}

/** A program with a module of its own, which has its name. */
async function ownProgram(name: string, duration: string, report: Report): Promise<Entry> {
  const module: GoModule = { directory: path.join(here, name), packages: ['.'] }
  return {
    title: name,
    duration,
    directory: `${name}-${await goKey(module)}`,
    files: [`bin/${name}`],
    space: 3e9,
    build: async (fresh) => {
      await mkdir(path.join(fresh, 'bin'))
      await buildGo(module, path.join(fresh, 'bin'), report)
    },
  }
}
