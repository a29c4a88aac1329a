/** A moment as people read it in status and events, and as Kubernetes writes it: in whole seconds of UTC. */
export function timestamp(moment: number): string {
  return new Date(moment).toISOString().replace(/\.\d+Z$/, 'Z')
}
