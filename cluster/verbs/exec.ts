/**
 * `exec`: runs a command in the network of the cluster and nowhere else in the box: files, processes and the current
 * directory stay those of the machine, while pods, ClusterIPs and the API server at 127.0.0.1:6443 are reachable.
 * The command replaces this process, so input, output, signals and the exit status are its own.
 */
import { Failure } from '../failure.ts'
import { findProgram } from '../prerequisites.ts'
import { type Cluster, innerKubeconfig } from '../state/state.ts'
import { runningCluster } from './running.ts'

/** Becomes the command; returns only by failing. */
export function exec(cluster: Cluster, command: readonly string[]): never {
  if (command.length === 0) {
    throw new Failure('exec needs a command, for example: exec -- kubectl get nodes')
  }
  const { box, record } = runningCluster(cluster)
  const nsenter = findProgram('nsenter')
  const environment = {
    ...process.env,
    PATH: `${record.programs.path}:${process.env['PATH'] ?? ''}`,
    KUBECONFIG: innerKubeconfig(cluster),
    CLUSTER_NAME: cluster.name,
  }
  // Without --pid nsenter does not fork: it becomes the command as well.
  process.execve?.(nsenter, ['nsenter', `--net=/proc/${box.pid}/ns/net`, '--', ...command], environment)
  throw new Failure('This Node.js cannot replace its process: use Node.js 24 (make toolchain).')
}
