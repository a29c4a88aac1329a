/**
 * `make bundle`: the operator as it runs in a pod, as one minified file, for fewer files to read at the start and less
 * source to keep in memory. What only a kubeconfig needs is loaded by name when one is read, from a file of its own.
 */
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { build, type BuildOptions, type Metafile, type Plugin } from 'esbuild'

const repository = join(import.meta.dirname, '..')
const directory = join(repository, 'dist')
const main = 'canary-operator.cjs'

/** Loaded by a dynamic import alone; a pod with its service account never does. */
const lazyPackages = ['@kubernetes/client-node', 'js-yaml']

const common = {
  absWorkingDir: repository,
  bundle: true,
  minify: true,
  platform: 'node',
  target: 'node24',
  format: 'cjs',
  legalComments: 'inline',
  metafile: true,
  logLevel: 'warning',
} satisfies BuildOptions

function lazyFile(name: string): string {
  return `lazy-${name.replace(/^@/, '').replaceAll('/', '-')}.cjs`
}

const lazily: Plugin = {
  name: 'lazily',
  setup(bundle) {
    bundle.onResolve({ filter: new RegExp(`^(${lazyPackages.join('|')})$`) }, ({ path }) => ({
      path: `./${lazyFile(path)}`,
      external: true,
    }))
  },
}

/** The licences of all packages that are in the files, as they ask for. */
async function noticesOf(metafiles: readonly Metafile[]): Promise<string> {
  const inputs = metafiles.flatMap(({ outputs }) =>
    Object.values(outputs).flatMap((output) => inputsOf(output)),
  )
  const names = inputs.flatMap((path) => /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? [])
  const notices = [...new Set(names)].toSorted().map(noticeOf)
  return (await Promise.all(notices)).join('\n\n')
}

function inputsOf({ inputs }: Metafile['outputs'][string]): readonly string[] {
  return Object.entries(inputs).flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? [path] : []))
}

async function noticeOf(name: string): Promise<string> {
  const folder = join(repository, 'node_modules', name)
  const { version, license } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as {
    readonly version: string
    readonly license: string
  }
  const files = (await readdir(folder)).filter((file) => /^(licen[cs]e|notice)/i.test(file))
  const texts = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')))
  return [`${name} ${version} (${license})`, ...texts].join('\n\n')
}

await rm(directory, { recursive: true, force: true })
const operator = await build({
  ...common,
  entryPoints: ['src/main.ts'],
  outfile: join(directory, main),
  plugins: [lazily],
})
const lazy = await Promise.all(
  lazyPackages.map((name) =>
    build({ ...common, entryPoints: [name], outfile: join(directory, lazyFile(name)) }),
  ),
)
const notices = await noticesOf([operator, ...lazy].map(({ metafile }) => metafile))
await writeFile(join(directory, 'NOTICES.txt'), notices)
process.stdout.write(`bundle: dist/${main}, started with: node --no-maglev dist/${main}\n`)
