/**
 * Runs kubectl as a person would, against the current kubeconfig. For tools that people start; the operator has a
 * client of its own.
 */
import { execFile } from 'node:child_process'

/** What a run of kubectl left behind. */
export interface KubectlResult {
  readonly ok: boolean
  readonly stdout: string
  readonly stderr: string
}

/** Something that the person at the terminal has to put right; `exitStatus` 2 is a missing prerequisite. */
export class ToolFailure extends Error {
  readonly exitStatus: 1 | 2

  constructor(message: string, exitStatus: 1 | 2) {
    super(message)
    this.exitStatus = exitStatus
  }
}

/** Runs kubectl; a refusal is a result, a kubectl that cannot be started is a ToolFailure. */
export function kubectl(args: readonly string[], input?: object): Promise<KubectlResult> {
  return new Promise((resolve, reject) => {
    const child = execFile('kubectl', args, { maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      if (error && error.code === 'ENOENT') {
        reject(new ToolFailure('kubectl is not on the PATH: install it, then run this again', 2))
        return
      }
      resolve({ ok: !error, stdout: stdout.trim(), stderr: stderr.trim() })
    })
    // kubectl may end without reading its input; what it says then is in its result.
    child.stdin?.on('error', () => {})
    child.stdin?.end(input === undefined ? '' : JSON.stringify(input))
  })
}

/** Runs kubectl and gives back what it printed; a refusal is a ToolFailure with kubectl's own words. */
export async function kubectlOutput(args: readonly string[], input?: object): Promise<string> {
  const { ok, stdout, stderr } = await kubectl(args, input)
  if (!ok) throw new ToolFailure(`kubectl ${args.slice(0, 2).join(' ')} failed: ${stderr}`, 1)
  return stdout
}

/** Prints a failure as one sentence and sets the exit status; anything else is a bug and keeps its stack. */
export async function runTool(name: string, run: () => Promise<void>): Promise<void> {
  if (process.argv.length > 2) {
    console.error(`${name}: takes no arguments; it works on the cluster of the present kubeconfig`)
    process.exitCode = 2
    return
  }
  try {
    await run()
  } catch (error) {
    if (!(error instanceof ToolFailure)) throw error
    console.error(`${name}: ${error.message}`)
    process.exitCode = error.exitStatus
  }
}
