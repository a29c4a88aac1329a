/**
 * The border at which JSON from the API server gets a type. The server has validated it against the same schema that
 * the type describes, so the type is stated, not checked.
 */

/** Parses `text` as a `T`. Throws SyntaxError. */
export function parseJson<T>(text: string): T {
  const parsed: T = JSON.parse(text)
  return parsed
}
