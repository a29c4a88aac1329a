/**
 * The data that must survive: 1,000 keys in each replica, each value naming the replica that it was written to, so that
 * a replica that comes back with another's data, or with none, is found out.
 */
import { kubectlOutput } from '../tools/kubectl.ts'

export const keysPerReplica = 1000

/** What a replica was given, to be found again in whoever stands on its claim. */
export interface Written {
  /** The prefix of the keys. */
  readonly keys: string
  /** What every value begins with. */
  readonly value: string
  readonly count: number
}

/** Where a pod is: everything that `kubectl exec` needs to reach it. */
export interface PodAddress {
  readonly namespace: string
  readonly pod: string
}

/** Writes `count` keys in one go, inside of Redis. */
export async function write(address: PodAddress, { keys, value, count }: Written): Promise<void> {
  const script = `for i = 0, ${count - 1} do redis.call('SET', '${keys}:' .. i, '${value}:' .. i) end return ${count}`
  await redis(address, ['EVAL', script, '0'])
}

/** Compares every key; undefined if all are as they were written, else a sentence about the first that is not. */
export async function differenceTo(address: PodAddress, written: Written): Promise<string | undefined> {
  const { keys, value, count } = written
  const script = `local found = {} for i = 0, ${count - 1} do found[i + 1] = redis.call('GET', '${keys}:' .. i) or '(missing)' end return found`
  const found = (await redis(address, ['--raw', 'EVAL', script, '0'])).split('\n')
  for (let index = 0; index < count; index++) {
    const wanted = `${value}:${index}`
    if (found[index] !== wanted)
      return `${address.pod} has ${found[index] ?? '(nothing)'} as ${keys}:${index}, and ${wanted} was written`
  }
  return undefined
}

/** The version that the server itself reports. */
export async function versionOf(address: PodAddress): Promise<string> {
  const info = await redis(address, ['INFO', 'server'])
  return /redis_version:(\S+)/.exec(info)?.[1] ?? 'unknown'
}

function redis({ namespace, pod }: PodAddress, words: readonly string[]): Promise<string> {
  return kubectlOutput(['exec', '--namespace', namespace, pod, '--', 'redis-cli', ...words])
}
