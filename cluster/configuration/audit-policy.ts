/**
 * What the API server writes into its audit log: every request with its user, verb and object but without bodies, so
 * that a test can prove which requests a program made. The cluster's own housekeeping is left out.
 */

/** The API server's --audit-policy-file (JSON, which is YAML). */
export function auditPolicy(): string {
  const policy = {
    apiVersion: 'audit.k8s.io/v1',
    kind: 'Policy',
    // ResponseStarted stays, because a watch has no ResponseComplete while it runs.
    omitStages: ['RequestReceived'],
    rules: [
      { level: 'None', userGroups: ['system:nodes'], resources: [{ group: 'coordination.k8s.io' }] },
      {
        level: 'None',
        userGroups: ['system:nodes'],
        resources: [{ group: '', resources: ['nodes', 'nodes/status'] }],
      },
      { level: 'None', nonResourceURLs: ['/healthz*', '/livez*', '/readyz*'] },
      { level: 'Metadata' },
    ],
  }
  return `${JSON.stringify(policy, undefined, 2)}\n`
}
