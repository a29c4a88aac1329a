/**
 * The keep-alive connections to the API server: one agent for the TLS settings in force. When a certificate was replaced
 * there is a new agent, and the connections of the old one end.
 */
import http from 'node:http'
import https from 'node:https'
import type { Connection } from './connection.ts'
import type { ConnectionTls } from './credentials.ts'

export interface AgentPool {
  agentFor(tls: ConnectionTls): http.Agent
  close(): void
}

export function createAgentPool({ server, proxy }: Pick<Connection, 'server' | 'proxy'>): AgentPool {
  let current: { readonly tls: ConnectionTls; readonly agent: http.Agent } | undefined
  /** With connections that were busy when their certificate was replaced. */
  const retired = new Set<http.Agent>()

  function createAgent(tls: ConnectionTls): http.Agent {
    const common = { keepAlive: true, keepAliveMsecs: 30_000 }
    if (server.protocol === 'https:') {
      return new https.Agent({ ...common, ...tls, ...(proxy && { proxyEnv: { HTTPS_PROXY: proxy } }) })
    }
    return new http.Agent({ ...common, ...(proxy && { proxyEnv: { HTTP_PROXY: proxy } }) })
  }

  return {
    agentFor(tls) {
      if (current?.tls !== tls) {
        for (const old of retired) if (Object.keys(old.sockets).length === 0) retired.delete(old)
        if (current) retired.add(retire(current.agent))
        current = { tls, agent: createAgent(tls) }
      }
      return current.agent
    },
    close() {
      for (const agent of [...retired, current?.agent]) agent?.destroy()
    },
  }
}

/**
 * Idle connections end now, busy ones with their answer (a watch with its time-out): cutting a write would leave its
 * outcome unknown. client-go cuts them all.
 */
function retire(agent: http.Agent): http.Agent {
  agent.maxFreeSockets = 0
  for (const sockets of Object.values(agent.freeSockets)) for (const socket of sockets ?? []) socket.destroy()
  return agent
}
