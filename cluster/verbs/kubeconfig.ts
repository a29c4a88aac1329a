/**
 * `kubeconfig`: prints the path of a kubeconfig that works on the machine itself, outside of the box.
 */
import { type Cluster, hostKubeconfig } from '../state/state.ts'
import { runningCluster } from './running.ts'

/** Prints the path; fails when the cluster is not running. */
export function printKubeconfig(cluster: Cluster): void {
  runningCluster(cluster)
  console.log(hostKubeconfig(cluster))
}
