/** Acting as somebody else by the fields of a kubeconfig's user; the API server checks whether we may. */
import { type Fields, isFields, isText } from './files.ts'

type Headers = Readonly<Record<string, string | readonly string[]>>

/** The headers of `as`, `as-uid`, `as-groups` and `as-user-extra`; empty without `as`. */
export function impersonationHeaders(user: Fields): Headers {
  const { as, 'as-uid': uid, 'as-groups': groups, 'as-user-extra': extra } = user
  if (!isText(as)) return {}
  const extras = Object.entries(isFields(extra) ? extra : {}).map(([key, values]) => [
    `impersonate-extra-${encodeURIComponent(key.toLowerCase())}`,
    texts(values),
  ])
  return {
    'impersonate-user': as,
    ...(isText(uid) && { 'impersonate-uid': uid }),
    ...(texts(groups).length > 0 && { 'impersonate-group': texts(groups) }),
    ...(Object.fromEntries(extras) as Headers),
  }
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter(isText) : []
}
