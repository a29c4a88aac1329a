/** Kubernetes' quantities of storage, for comparing: `1Gi`, `1.5G`, `2e9`, `1000m`. */

const units: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
}

/** Of those that are there; the first of equal ones, as it is written. */
export function largest(...quantities: readonly (string | undefined)[]): string | undefined {
  return quantities.reduce((most, one) => (valueOf(one) > valueOf(most) ? one : (most ?? one)))
}

/** `quantity`, but no more than `limit` where that is known. */
export function atMost(quantity: string | undefined, limit: string | undefined): string | undefined {
  return valueOf(quantity) > valueOf(limit) ? limit : quantity
}

/** NaN, which is not larger than anything nor smaller, where it is none. */
function valueOf(quantity: string | undefined): number {
  const [, digits = '', unit = ''] = /^([+-]?[\d.]+(?:[eE][+-]?\d+)?)([a-zA-Z]*)$/.exec(quantity ?? '') ?? []
  const factor = unit === '' ? 1 : units[unit]
  return digits === '' || factor === undefined ? Number.NaN : Number(digits) * factor
}
