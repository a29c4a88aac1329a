/**
 * How a CEL rule is attached to a schema. The rules themselves stand beside the fields they judge. Each has a message
 * that says what to write instead, or an expression that makes one, because it is all that the user gets to read.
 */

/** One rule of `x-kubernetes-validations`; `message` is what is said where `messageExpression` is missing or fails. */
export interface CelRule {
  readonly rule: string
  readonly message: string
  readonly messageExpression?: string
}

/** The rules as schema metadata, to be spread into `.meta({...})`. */
export function celRules(rules: readonly CelRule[]): { 'x-kubernetes-validations': readonly CelRule[] } {
  return { 'x-kubernetes-validations': rules }
}
