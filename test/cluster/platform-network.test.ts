/** The cluster's network as pods see it: names of other pods, ClusterIPs, and the API server with the pod's own token. */
import { expect, test } from 'vitest'
import { kubectlOutput } from '../../tools/kubectl.ts'
import { isReady } from '../harness/objects.ts'
import { createPlainSet, createPod } from '../harness/plain-set.ts'
import { fill } from '../harness/redis.ts'
import { podNamed } from '../harness/rollout.ts'
import { openSpace, type Space } from '../harness/space.ts'
import { until } from '../harness/wait.ts'

test('pods find each other by name, by ClusterIP, and the API server with their own token', async () => {
  const space = await openSpace('network')
  await createPlainSet(space, { name: 'plain', image: 'redis:7.0.5', replicas: 2 })
  await createPod(space, 'caller', {
    restartPolicy: 'Never',
    terminationGracePeriodSeconds: 1,
    containers: [{ name: 'node', image: 'node:24', command: ['node', '--eval', whoAmI] }],
  })
  await until(
    space,
    'both Redis pods are ready',
    ({ pod }) => isReady(pod('plain-0')) && isReady(pod('plain-1')),
  )
  await fill(podNamed(space.seen, 'plain-1'), 'plain-1')

  expect(await ask(space, 'plain-1.plain-headless', 'GET', 'plain-1:0')).toBe('plain-1 wrote 0 of 1000')
  expect(await ask(space, `plain-1.plain-headless.${space.namespace}.svc.cluster.local`, 'DBSIZE')).toBe(
    '1000',
  )
  expect(await ask(space, await clusterIp(space), 'PING')).toBe('PONG')

  await until(space, 'the caller has ended', ({ pod }) => pod('caller')?.status?.phase === 'Succeeded')
  expect(await kubectlOutput(['logs', 'caller', '-n', space.namespace])).toBe(
    `system:serviceaccount:${space.namespace}:default`,
  )
})

/** Asks the API server who is calling, at the address and with the token and CA that every pod is given. */
const whoAmI = `
const { readFileSync } = require('node:fs')
const directory = '/var/run/secrets/kubernetes.io/serviceaccount/'
const body = JSON.stringify({ apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' })
const request = require('node:https').request({
  host: process.env.KUBERNETES_SERVICE_HOST,
  port: process.env.KUBERNETES_SERVICE_PORT,
  method: 'POST',
  path: '/apis/authentication.k8s.io/v1/selfsubjectreviews',
  ca: readFileSync(directory + 'ca.crt'),
  headers: { authorization: 'Bearer ' + readFileSync(directory + 'token'), 'content-type': 'application/json' },
}, async (response) => {
  let text = ''
  for await (const chunk of response) text += chunk
  console.log(JSON.parse(text).status.userInfo.username)
})
request.end(body)
`

/** redis-cli in the first pod, asking the Redis at that address. */
function ask({ namespace }: Space, host: string, ...words: readonly string[]): Promise<string> {
  return kubectlOutput(['exec', 'plain-0', '-n', namespace, '--', 'redis-cli', '-h', host, ...words])
}

function clusterIp({ namespace }: Space): Promise<string> {
  return kubectlOutput(['get', 'service', 'plain-front', '-n', namespace, '-o', 'jsonpath={.spec.clusterIP}'])
}
