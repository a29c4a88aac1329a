/** What users wrote and we only pass through, read without trusting its shape: the API server judges it. */

export type Fields = Readonly<Record<string, unknown>>

/** Nothing where it is no object. */
export function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {}
}

/** Nothing where it is no list. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}
