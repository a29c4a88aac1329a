/**
 * The API's MicroTime: RFC 3339 with exactly six decimals; the server refuses any other number of them.
 */

export function microTime(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000Z')
}
