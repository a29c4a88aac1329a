/**
 * Builds programs from the small Go modules beside this file.
 */
import { mkdir, readdir, rm } from 'node:fs/promises'
import path from 'node:path'
import { cacheKey, type Report } from './cache.ts'
import { Prerequisite } from './prerequisite.ts'
import { run } from './run.ts'

/** The oldest Go that the modules can be built with (the "go" line of their go.mod). */
const oldestGo = '1.26.0'

export interface GoModule {
  /** Directory of the module, with go.mod, go.sum and its sources. */
  readonly directory: string
  /** Packages to build: "." is the module's own main package. */
  readonly packages: readonly string[]
  /** Values for -X of the linker: variable -> text. */
  readonly variables?: Readonly<Record<string, string>>
}

const environment = { CGO_ENABLED: '0', GOTOOLCHAIN: 'local', GOFLAGS: '', GOWORK: 'off' }

/** A key over all that decides what the module builds: sources, versions with their sums, and flags. */
export async function goKey(module: GoModule): Promise<string> {
  const all = await readdir(module.directory)
  const names = all.filter((name) => /^go\.(mod|sum)$|(?<!_test)\.go$/.test(name)).sort()
  const files = names.map((name) => path.join(module.directory, name))
  return cacheKey([...buildArguments(module, 'OUTPUT'), process.arch, ...names], files)
}

/** Builds the packages of a module into the directory; they get the names of their packages. */
export async function buildGo(module: GoModule, output: string, report: Report): Promise<void> {
  await requireGo()
  const temporary = `${output}.tmp` // beside the output, so that a killed build leaves nothing elsewhere
  await mkdir(temporary)
  let compiled = 0
  const build = ['go', ...buildArguments(module, `${output}/`)]
  const [command, ...args] = process.getuid?.() === 0 ? [...ownProcesses, ...build] : build
  await run(command as string, args, {
    cwd: module.directory,
    env: { ...environment, GOTMPDIR: temporary },
    onErrorLine: (line) => {
      // With -v Go prints each package that it compiles: the only sign of life of a build of minutes.
      if (/^[\w.]+(\/|$)/.test(line) && ++compiled % 250 === 0) report(`  ${compiled} packages compiled`)
    },
  })
  await rm(temporary, { recursive: true })
}

/** A process namespace: compilers and linkers that Go started end with it, also when it is killed. */
const ownProcesses = ['unshare', '--pid', '--fork', '--kill-child', '--']

function buildArguments(module: GoModule, output: string): string[] {
  const variables = Object.entries(module.variables ?? {}).map(([name, value]) => `-X ${name}=${value}`)
  const linker = ['-s', '-w', ...variables].join(' ')
  const flags = ['-v', '-trimpath', '-buildvcs=false', '-mod=readonly', '-ldflags', linker, '-o', output]
  return ['build', ...flags, ...module.packages]
}

/** Directory of another module that this module requires, in Go's module cache; fetched if it is not there. */
export async function requiredModule(module: GoModule, name: string): Promise<string> {
  const answer = await run('go', ['mod', 'download', '-json', name], {
    cwd: module.directory,
    env: environment,
  })
  const { Dir: directory } = JSON.parse(answer) as { Dir: string }
  return directory
}

/** Fails with a Prerequisite unless there is a Go that is new enough. */
async function requireGo(): Promise<void> {
  const version = (await run('go', ['env', 'GOVERSION'], { env: environment })).trim().replace(/^go/, '')
  if (!isAtLeast(version, oldestGo)) {
    throw new Prerequisite(
      `The cluster's programs need Go ${oldestGo} or newer and this machine has ${version}: install a newer one (https://go.dev/dl).`,
    )
  }
}

/** Whether a Go version is the same or newer; of pre-releases ("1.27rc1") only the leading numbers count. */
export function isAtLeast(version: string, oldest: string): boolean {
  const [have, need] = [version, oldest].map((text) => (text.match(/\d+/g) ?? []).slice(0, 3).map(Number))
  for (const [index, number] of (need ?? []).entries()) {
    const difference = (have?.[index] ?? 0) - number
    if (difference !== 0) return difference > 0
  }
  return true
}
