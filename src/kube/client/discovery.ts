/**
 * What the API server offers: for APIs that a cluster may or may not have, such as snapshots. It asks for everything in
 * one request (aggregated discovery, by default since Kubernetes 1.27), and by group where the server has not got that.
 */
import { ApiError, isNotFound } from './api-error.ts'
import { type Clock, systemClock } from '../clock.ts'
import { apiVersionOf, type Resource } from '../resource.ts'
import type { CallOptions } from './rest.ts'
import type { Transport } from './transport.ts'
import { untilAborted } from '../until-aborted.ts'

/**
 * `failing`: the group is there, but the server behind it does not answer (an aggregated API that is down), so nobody
 * knows what it has. That is no reason to act as if it were absent.
 */
export type Availability = 'served' | 'absent' | 'failing'

export interface Discovery {
  /** Answers from memory while that is younger than `maxAgeMs`. Throws as a request does. */
  availability(of: Resource, options?: Pick<CallOptions, 'signal'>): Promise<Availability>
  /** Forgets everything, e.g. because a resource that was served is answered with 404, or a CRD came. */
  invalidate(): void
}

export interface DiscoveryOptions {
  readonly clock?: Clock
  /** Default 60 s: so long an API that was just installed may be called absent. */
  readonly maxAgeMs?: number
}

interface AggregatedGroups {
  readonly kind?: string
  readonly items?: readonly {
    /** Without a name: the core group. */
    readonly metadata?: { readonly name?: string }
    readonly versions?: readonly {
      readonly version: string
      readonly freshness?: 'Current' | 'Stale'
      readonly resources?: readonly { readonly resource: string }[]
    }[]
  }[]
}

interface ResourceList {
  readonly resources?: readonly { readonly name: string }[]
}

/** By `apiVersion`: the plural names of its resources, or that its server does not answer. */
type Known = ReadonlyMap<string, ReadonlySet<string> | 'failing'>

interface Remembered {
  readonly until: number
  readonly known: Promise<Known | undefined>
}

const aggregated = ['v2', 'v2beta1']
  .map((version) => `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`)
  .concat('application/json')
  .join(',')

export function createDiscovery(
  transport: Transport,
  { clock = systemClock, maxAgeMs = 60_000 }: DiscoveryOptions = {},
): Discovery {
  let memory = new Map<string, Remembered>()

  /** One request for all who ask meanwhile, so no caller's signal ends it. What failed is not remembered. */
  function remembered(key: string, ask: () => Promise<Known | undefined>): Promise<Known | undefined> {
    const found = memory.get(key)
    if (found && clock.monotonic() < found.until) return found.known
    const known = ask()
    const entry = { until: clock.monotonic() + maxAgeMs, known }
    memory.set(key, entry)
    known.catch(() => {
      if (memory.get(key) === entry) memory.delete(key)
    })
    return known
  }

  async function availability(of: Resource): Promise<Availability> {
    const root = of.group === '' ? '/api' : '/apis'
    const apiVersion = apiVersionOf(of)
    const known =
      (await remembered(root, () => askAll(transport, root))) ??
      (await remembered(`${root}/${apiVersion}`, () => askOne(transport, root, apiVersion)))
    const resources = known?.get(apiVersion)
    if (resources === 'failing') return 'failing'
    return resources?.has(of.plural) ? 'served' : 'absent'
  }

  return {
    availability: (of, { signal } = {}) =>
      signal ? untilAborted(availability(of), signal) : availability(of),
    invalidate() {
      memory = new Map()
    },
  }
}

/** Undefined: the server answered in the old form, which tells groups but no resources. */
async function askAll(transport: Transport, path: string): Promise<Known | undefined> {
  const { body } = await transport.request<AggregatedGroups>({ ...asking(path), accept: aggregated })
  if (body.kind !== 'APIGroupDiscoveryList') return undefined
  const known = new Map<string, ReadonlySet<string> | 'failing'>()
  for (const { metadata, versions } of body.items ?? []) {
    for (const { version, freshness, resources } of versions ?? []) {
      const apiVersion = metadata?.name ? `${metadata.name}/${version}` : version
      const plurals = new Set((resources ?? []).map(({ resource }) => resource))
      // Stale: the aggregator could not reach the group's server; it shows what it last knew, or nothing.
      known.set(apiVersion, freshness === 'Stale' ? 'failing' : plurals)
    }
  }
  return known
}

async function askOne(transport: Transport, root: string, apiVersion: string): Promise<Known> {
  try {
    const { body } = await transport.request<ResourceList>({
      ...asking(`${root}/${apiVersion}`),
      selfPaced: true,
    })
    return new Map([[apiVersion, new Set((body.resources ?? []).map(({ name }) => name))]])
  } catch (error) {
    if (isNotFound(error)) return new Map()
    // The group's server is away, not the API server: that one has just answered for all groups.
    if (error instanceof ApiError && error.status >= 500) return new Map([[apiVersion, 'failing']])
    throw error
  }
}

function asking(path: string) {
  return { method: 'GET', path, resource: 'discovery' } as const
}
