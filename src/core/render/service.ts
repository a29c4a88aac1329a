/**
 * The headless Service that gives the pods of both sets their DNS names, made where the user has none of that name.
 */
import { labels } from '../../api/v1alpha1/constants.ts'
import type { CanaryStatefulSet } from '../../api/v1alpha1/types.ts'
import { ownerOf } from './owner.ts'
import type { Rendered } from './rendered.ts'

export interface ServicePort {
  readonly name: string
  readonly port: number
  readonly protocol: string
}

export interface RenderedService extends Rendered {
  readonly spec: {
    readonly clusterIP: 'None'
    readonly selector: Readonly<Record<string, string>>
    readonly ports: readonly ServicePort[]
    readonly publishNotReadyAddresses: true
  }
}

/** Names unready pods too: members of a database look for each other before any of them is ready. */
export function renderService(resource: CanaryStatefulSet, serviceName: string): RenderedService {
  const { name, namespace } = resource.metadata
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name: serviceName,
      namespace,
      labels: { [labels.name]: name },
      ...(resource.spec.deletionPolicy !== 'Orphan' && { ownerReferences: [ownerOf(resource)] }),
    },
    spec: {
      clusterIP: 'None',
      selector: { [labels.name]: name },
      ports: portsOf(resource),
      publishNotReadyAddresses: true,
    },
  }
}

/** One entry per port and protocol, the first name wins; a Service with several ports must name each, and uniquely. */
function portsOf({ spec }: CanaryStatefulSet): readonly ServicePort[] {
  const ports = new Map<string, ServicePort>()
  const names = new Set<string>()
  for (const port of spec.template.template.spec.containers.flatMap(containerPorts)) {
    const fallback = `${port.protocol.toLowerCase()}-${port.port}`
    const key = `${port.protocol}/${port.port}`
    if (ports.has(key)) continue
    const name = port.name === '' || names.has(port.name) ? fallback : port.name
    names.add(name)
    ports.set(key, { ...port, name })
  }
  return [...ports.values()]
}

function containerPorts(container: Readonly<Record<string, unknown>>): readonly ServicePort[] {
  const declared = Array.isArray(container['ports']) ? (container['ports'] as readonly unknown[]) : []
  return declared.flatMap((entry) => {
    const { containerPort, name, protocol } = entry as Readonly<Record<string, unknown>>
    if (typeof containerPort !== 'number') return []
    return [
      {
        name: typeof name === 'string' ? name : '',
        port: containerPort,
        protocol: typeof protocol === 'string' ? protocol : 'TCP',
      },
    ]
  })
}
