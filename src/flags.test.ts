import { describe, expect, it } from 'vitest'
import { parseFlags, UsageError } from './flags.ts'

const inPod = { KUBERNETES_SERVICE_HOST: '10.96.0.1' }
const operator = 'system:serviceaccount:canary-system:canary-operator'

describe('parseFlags', () => {
  it.each([
    [
      'acts as itself and competes for the Lease in a pod',
      [],
      inPod,
      { impersonate: undefined, leaderElect: true },
    ],
    ['acts as the service account outside, alone', [], {}, { impersonate: operator, leaderElect: false }],
    [
      'takes a kubeconfig for outside, also in a pod',
      ['--kubeconfig', 'f'],
      inPod,
      { kubeconfig: 'f', impersonate: operator, leaderElect: false },
    ],
    [
      'takes KUBECONFIG for outside, also in a pod',
      [],
      { ...inPod, KUBECONFIG: 'f' },
      { impersonate: operator, leaderElect: false },
    ],
    [
      'takes another service account',
      ['--service-account', 'a/b'],
      {},
      { impersonate: 'system:serviceaccount:a:b' },
    ],
    ['lets the Lease be left out in a pod', ['--no-leader-elect'], inPod, { leaderElect: false }],
    ['lets a Lease be asked for outside', ['--leader-elect'], {}, { leaderElect: true }],
    ['competes for a Lease that is named', ['--lease-name', 'x'], {}, { leaderElect: true, leaseName: 'x' }],
    ['has 4 workers and all namespaces', [], {}, { concurrency: 4, namespace: undefined, logLevel: 'info' }],
    [
      'answers probes and metrics in a pod',
      [],
      inPod,
      { healthAddress: { port: 8081 }, metricsAddress: { port: 8080 } },
    ],
    [
      'answers nothing outside, as many may run on one machine',
      [],
      {},
      { healthAddress: undefined, metricsAddress: undefined },
    ],
    [
      'takes addresses, and none at all',
      ['--health-address', '127.0.0.1:9', '--metrics-address', '0'],
      inPod,
      { healthAddress: { host: '127.0.0.1', port: 9 }, metricsAddress: undefined },
    ],
  ])('%s', (_, argv, env, flags) => {
    expect(parseFlags(argv, env)).toMatchObject(flags)
  })

  it.each([
    [['--bogus'], "Unknown option '--bogus'; --help lists the flags."],
    [['word'], /^Unexpected argument 'word'/],
    [['--concurrency', '0'], '--concurrency is "0"; give a number from 1 to 9999.'],
    [['--service-account', 'x'], /give it as NAMESPACE\/NAME/],
    [
      ['--health-address', '8081'],
      '--health-address is "8081"; give it as :PORT or HOST:PORT, or 0 for nowhere.',
    ],
    [['--metrics-address', ':x'], /^--metrics-address is ":x"/],
    [['--namespace', ''], '--namespace is empty; give it a value, or leave it out.'],
    [['--kubeconfig', ''], '--kubeconfig is empty; give it a value, or leave it out.'],
    [['--context', ''], '--context is empty; give it a value, or leave it out.'],
    [['--namespace', 'a/b'], /^--namespace is "a\/b"; give a name of at most 63 small letters/],
    [['--lease-name', ''], '--lease-name is empty; give it a value, or leave it out.'],
    [['--lease-name', 'Bad Lease'], /^--lease-name is "Bad Lease"; give a name/],
    [['--log-level', 'loud'], '--log-level is "loud"; give one of debug, info, warn, error.'],
  ])('refuses %j in one sentence', (argv, message) => {
    expect(() => parseFlags(argv, {})).toThrow(UsageError)
    expect(() => parseFlags(argv, {})).toThrow(message)
  })
})
