import { spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '../..')

/** Other packages of the project: peers and tools, linked so that npm downloads nothing. */
const LINKED = [
  'react',
  'react-dom',
  '@tanstack/react-query',
  '@types/react',
  '@types/node',
  '@cloudflare/workers-types',
  'csstype',
]

export const run = (
  cwd: string,
  command: string,
  args: string[],
  env: Record<string, string> = {},
) => {
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, NODE_ENV: 'production', ...env },
  })
  return { status, stdout, output: stdout + stderr }
}

const runOrThrow = (cwd: string, command: string, ...args: string[]) => {
  const { status, stdout, output } = run(cwd, command, args)
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${output}`)
  return stdout
}

/** Builds the package and packs it into a folder, as npm publishes it. */
export const packSdk = async (folder: string) => {
  runOrThrow(root, process.execPath, 'sdk/build.ts')
  const packed = runOrThrow(
    resolve(root, 'sdk'),
    'npm',
    'pack',
    '--json',
    '--pack-destination',
    folder,
  )
  const [{ filename, files }] = JSON.parse(packed.slice(packed.indexOf('['))) as [
    { filename: string; files: { path: string }[] },
  ]
  return { tarball: join(folder, filename), files: files.map((file) => file.path) }
}

/** An empty project outside of the repository, with the package as npm packs it installed in it. */
export const installPacked = async () => {
  const path = await mkdtemp(join(tmpdir(), 'flags-packed-'))
  const { tarball, files } = await packSdk(path)
  await writeFile(join(path, 'package.json'), '{"name":"shop","private":true,"type":"module"}')
  runOrThrow(path, 'npm', 'install', '--offline', '--no-audit', '--no-fund', tarball)
  for (const name of LINKED) {
    const target = join(path, 'node_modules', name)
    await mkdir(dirname(target), { recursive: true })
    await symlink(resolve(root, 'node_modules', name), target)
  }
  return {
    path,
    files,
    write: (name: string, text: string) => writeFile(join(path, name), text),
    read: (name: string) => readFile(join(path, name), 'utf8'),
    /** Type-checks these files, as strictly as can be, in this module resolution; answers what tsc says. */
    async compile(
      names: readonly string[],
      moduleResolution: 'bundler' | 'nodenext' = 'bundler',
      types: readonly string[] = [],
    ) {
      const module = moduleResolution === 'bundler' ? 'esnext' : 'nodenext'
      const compilerOptions = {
        strict: true,
        exactOptionalPropertyTypes: true,
        noEmit: true,
        target: 'es2022',
        lib: types.length > 0 ? ['es2024'] : ['es2024', 'dom', 'dom.iterable'],
        module,
        moduleResolution,
        jsx: 'react-jsx',
        types,
      }
      await writeFile(
        join(path, 'tsconfig.json'),
        JSON.stringify({ compilerOptions, files: names }),
      )
      return run(path, resolve(root, 'node_modules/.bin/tsc'), ['-p', '.']).output
    },
    remove: () => rm(path, { recursive: true, force: true }),
  }
}

export type PackedProject = Awaited<ReturnType<typeof installPacked>>

/** The named snippets of the package's README, each as its file, asking the service at an origin. */
export const readSnippets = async (origin: string): Promise<Map<string, string>> => {
  const text = await readFile(resolve(root, 'sdk/README.md'), 'utf8')
  const fences = text.matchAll(/^```tsx? (\S+)\n(.*?)^```$/gms)
  return new Map(
    Array.from(fences, ([, name = '', code = '']) => [
      name,
      code.replaceAll('http://localhost:8787', origin),
    ]),
  )
}
