/** Where benches of whole rollouts run: a namespace of their own with an operator in it, both gone afterwards. */
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startOperator } from '../demo/operator.ts'
import { canaryStatefulSets } from '../test/harness/objects.ts'
import { watchNamespace } from '../test/harness/watched.ts'
import { type Api, connectApi, ensureNamespace, namespaces } from './api.ts'
import type { Place } from './rollout-script.ts'
import { reach } from './rollout-timeline.ts'

/** What the operator needs on the cluster. */
export async function install(): Promise<void> {
  execFileSync(process.execPath, ['tools/install.ts'], {
    cwd: join(import.meta.dirname, '..'),
    stdio: 'ignore',
  })
}

/** The operator as `make run` starts it. */
export async function besideAnOperator<T>(title: string, run: (place: Place) => Promise<T>): Promise<T> {
  const api = await connectApi()
  const namespace = `${title}-${randomBytes(3).toString('hex')}`
  const ended = new AbortController()
  const logs = mkdtempSync(join(tmpdir(), `${title}-`))
  await ensureNamespace(api.rest, namespace)
  const seen = await watchNamespace(api.rest, namespace, ended.signal)
  const operator = startOperator(namespace, join(logs, 'operator.log'), (why) => ended.abort(why))
  try {
    return await run({ rest: api.rest, seen, namespace, hopeless: ended.signal })
  } finally {
    ended.abort()
    await operator.stop()
    await endNamespace(api, namespace)
    rmSync(logs, { recursive: true })
  }
}

/** Deletes the resource, and waits until the operator has let it go. */
export async function removed({ rest, seen, namespace, hopeless }: Place, name: string): Promise<void> {
  await rest.delete(canaryStatefulSets, { namespace, name })
  await reach(seen, 'the resource is gone', () => seen.resource(name) === undefined, hopeless)
}

async function endNamespace({ rest, transport }: Api, name: string): Promise<void> {
  await rest.delete(namespaces, { name })
  transport.close()
}
