/**
 * The other process of event-to-handler: writes into one object after the other when it did so. Prints how long each
 * write took, as JSON.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { connectApi } from './api.ts'
import { changedAtKey, changes, configMaps, idle, idleNamespace, nameOf, now } from './stamped.ts'

const { rest, transport } = await connectApi()
const times: number[] = []
for (let change = 0; change < changes; change++) {
  const sent = now()
  // Far apart, so that no key comes twice in a row.
  const ref = { namespace: idleNamespace, name: nameOf((change * 379) % idle) }
  const body = { metadata: { annotations: { [changedAtKey]: String(sent) } } }
  await rest.patch(configMaps, ref, { type: 'merge', body })
  times.push(now() - sent)
  await pause(Math.max(0, 10 - (now() - sent)))
}
transport.close()
process.stdout.write(JSON.stringify(times))
