import { expect, it } from 'vitest'
import { type Environment, proxyFor } from './proxy.ts'

const proxy = 'http://proxy.corp:3128'

it.each<[string, string, Environment, string | undefined]>([
  ['no proxy is set', 'https://api.corp', {}, undefined],
  ['it is set for https', 'https://api.corp', { HTTPS_PROXY: proxy }, proxy],
  ['it is set in lower case', 'https://api.corp', { https_proxy: proxy }, proxy],
  ['its scheme is left out', 'https://api.corp', { HTTPS_PROXY: 'proxy.corp:3128' }, proxy],
  ['it is set for http only', 'https://api.corp', { HTTP_PROXY: proxy }, undefined],
  ['the server speaks http', 'http://api.corp', { HTTP_PROXY: proxy }, proxy],
  ['the server is on the loopback', 'https://127.0.0.1:6443', { HTTPS_PROXY: proxy }, undefined],
  ['... by name', 'https://localhost:6443', { HTTPS_PROXY: proxy }, undefined],
  ['... by its IPv6 address', 'https://[::1]:6443', { HTTPS_PROXY: proxy }, undefined],
  ['everything is excepted', 'https://api.corp', { HTTPS_PROXY: proxy, NO_PROXY: '*' }, undefined],
  ['the host is excepted', 'https://api.corp', { HTTPS_PROXY: proxy, NO_PROXY: 'x, api.corp' }, undefined],
  ['a host above is excepted', 'https://api.corp', { HTTPS_PROXY: proxy, no_proxy: 'corp' }, undefined],
  ['... in the form *.host', 'https://api.corp', { HTTPS_PROXY: proxy, NO_PROXY: '*.corp' }, undefined],
  ['only its subdomains are', 'https://api.corp', { HTTPS_PROXY: proxy, NO_PROXY: '.api.corp' }, proxy],
  ['only a part of a name fits', 'https://myapi.corp', { HTTPS_PROXY: proxy, NO_PROXY: 'api.corp' }, proxy],
  ['another port is excepted', 'https://api.corp', { HTTPS_PROXY: proxy, NO_PROXY: 'api.corp:6443' }, proxy],
  ['its port is excepted', 'https://api.corp', { HTTPS_PROXY: proxy, NO_PROXY: 'api.corp:443' }, undefined],
  ['its range is excepted', 'https://10.96.0.1', { HTTPS_PROXY: proxy, NO_PROXY: '10.96.0.0/12' }, undefined],
  ['another range is', 'https://10.96.0.1', { HTTPS_PROXY: proxy, NO_PROXY: '10.0.0.0/16' }, proxy],
  ['the range is none', 'https://10.96.0.1', { HTTPS_PROXY: proxy, NO_PROXY: '10.0.0.0/77,/' }, proxy],
  ['its address is excepted', 'https://10.96.0.1', { HTTPS_PROXY: proxy, NO_PROXY: '10.96.0.1' }, undefined],
  ['... of IPv6', 'https://[fd00::1]', { HTTPS_PROXY: proxy, NO_PROXY: 'fd00::1' }, undefined],
  [
    '... in brackets with a port',
    'https://[fd00::1]',
    { HTTPS_PROXY: proxy, NO_PROXY: '[fd00::1]:443' },
    undefined,
  ],
  [
    'its range of IPv6 is excepted',
    'https://[fd00::1]',
    { HTTPS_PROXY: proxy, NO_PROXY: 'fd00::/8' },
    undefined,
  ],
])('%s', (_title, server, env, expected) => {
  expect(proxyFor(new URL(server), env)).toBe(expected)
})
