/**
 * Whether a container runtime answers on its socket, asked as a kubelet would. A socket that accepts connections is not
 * enough: containerd refuses calls until it has looked through the containers of its last run, and a kubelet that meets
 * such a refusal ends.
 */
import { connect as connectHttp2 } from 'node:http2'
import { connect } from 'node:net'

/** A gRPC message without content: not compressed, zero bytes long. */
const EMPTY_MESSAGE = Buffer.from([0, 0, 0, 0, 0])

/** A healthy runtime takes milliseconds; a frozen one accepts connections and says nothing. */
const ANSWER_WITHIN_MS = 5_000

/** True when the runtime behind the UNIX socket answers a call for its version. */
export function answersAsRuntime(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const session = connectHttp2('http://localhost', { createConnection: () => connect(socket) })
    const answer = (isWell: boolean) => {
      session.destroy()
      resolve(isWell)
    }
    session.once('error', () => answer(false)).once('close', () => answer(false))
    session.setTimeout(ANSWER_WITHIN_MS, () => answer(false))
    const call = session.request({
      ':method': 'POST',
      ':path': '/runtime.v1.RuntimeService/Version',
      'content-type': 'application/grpc',
      te: 'trailers',
    })
    // A refusal comes with the headers, the status of a call that was carried out after its answer.
    call.once('trailers', (trailers) => answer(trailers['grpc-status'] === '0'))
    call.once('error', () => answer(false)).once('close', () => answer(false))
    call.resume()
    call.end(EMPTY_MESSAGE)
  })
}
