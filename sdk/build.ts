import { spawnSync } from 'node:child_process'
import { gzipSync } from 'node:zlib'
import { chmod, cp, glob, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { build as bundle } from 'esbuild'
import { build, type Plugin } from 'vite'

/*
 * Builds the npm package into sdk/dist: modules by Vite, types by tsc. Nothing is minified: the apps' bundlers do that.
 */

const root = resolve(import.meta.dirname, '..')
const dist = resolve(import.meta.dirname, 'dist')
const emitted = resolve(root, 'node_modules/.cache/tsc/sdk')

/** Copies the declarations, with the `.js` names that exist at run time. */
const publishTypes = async (folder: string) => {
  for await (const name of glob('**/*.d.ts', { cwd: emitted })) {
    const text = await readFile(resolve(emitted, name), 'utf8')
    const target = resolve(folder, name)
    await mkdir(dirname(target), { recursive: true })
    await writeFile(target, text.replaceAll(/(from '|import\(')(\.[^']+)\.tsx?'/g, "$1$2.js'"))
  }
}

const run = (command: string, ...args: string[]) => {
  const { status } = spawnSync(resolve(root, 'node_modules/.bin', command), args, {
    cwd: root,
    stdio: 'inherit',
  })
  if (status !== 0) throw new Error(`${command} ended with ${status}`)
}

await rm(dist, { recursive: true, force: true })
await rm(emitted, { recursive: true, force: true })
run('tsc', '-b', '--force', 'sdk')
/**
 * The syntax of the published modules: Chrome and Edge 80, Firefox 78, Safari 14, Hermes of React Native 0.70. Newer
 * built-ins are not used either; a test runs the modules without them.
 */
const TARGET = 'es2020'

/** @noble/hashes calls `Object.hasOwn` when it is imported, so an older engine could not even load the package. */
const replaceHasOwn = {
  name: 'replace-has-own',
  transform: (code: string, id: string) =>
    id.includes('@noble/hashes')
      ? code.replaceAll('Object.hasOwn(', 'Object.prototype.hasOwnProperty.call(')
      : undefined,
}

/** Next.js and other bundlers of server components look for this line in a file that uses hooks. */
const banner = ({ name }: { name: string }) => (name === 'react' ? "'use client'" : '')

/** Pages and React Native get no evaluator, not even as a file that a bundler without code splitting would include. */
const forPages = {
  name: 'for-pages',
  enforce: 'pre' as const,
  resolveId: (source: string) =>
    source === './local-evaluation.ts'
      ? resolve(import.meta.dirname, 'page-evaluation.ts')
      : undefined,
}

const buildModules = (
  entry: Record<string, string>,
  {
    target = TARGET,
    format = 'es' as 'es' | 'cjs',
    outDir = dist,
    plugins = [replaceHasOwn] as Plugin[],
  },
) =>
  build({
    root: import.meta.dirname,
    configFile: false,
    logLevel: 'warn',
    plugins,
    oxc: { jsx: { runtime: 'automatic', development: false } },
    build: {
      outDir,
      emptyOutDir: false,
      target,
      minify: false,
      lib: { entry, formats: [format], fileName: (_, name) => `${name}.js` },
      rolldownOptions: {
        external: [/^node:/, /^react/],
        // Metro before 0.82 finds no `.cjs` file.
        output: { banner, chunkFileNames: '[name]-[hash].js' },
      },
    },
  })

const entries = {
  index: resolve(import.meta.dirname, 'index.ts'),
  react: resolve(import.meta.dirname, 'react/index.ts'),
  evaluate: resolve(import.meta.dirname, 'evaluate.ts'),
  server: resolve(import.meta.dirname, 'server.ts'),
}
const cjs = resolve(dist, 'cjs')
await buildModules(entries, {})
await buildModules(entries, { format: 'cjs', outDir: cjs })
// With an entry of its own the evaluator is a file of its own, which bundlers leave out as a whole.
const { server: _, ...page } = entries
await buildModules(page, { outDir: resolve(dist, 'page'), plugins: [forPages, replaceHasOwn] })
await buildModules(
  { bin: resolve(import.meta.dirname, 'bin/indietix-flags.ts') },
  { target: 'node20' },
)
await writeFile(resolve(cjs, 'package.json'), '{"type":"commonjs"}\n')
await publishTypes(dist)
await publishTypes(cjs)

/** A larger client prints a warning. It fails nothing. */
const SIZE_WARNING_BYTES = 8 * 1024

/** Prints the gzipped size of `createFlagsClient` in a page. */
const reportSize = async () => {
  const { outputFiles } = await bundle({
    stdin: { contents: "export { createFlagsClient } from './page/index.js'", resolveDir: dist },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
  })
  const bytes = gzipSync(outputFiles[0]?.contents ?? '', { level: 9 }).length
  console.log(`createFlagsClient: ${bytes} bytes gzipped`)
  if (bytes > SIZE_WARNING_BYTES) console.warn(`warning: more than ${SIZE_WARNING_BYTES} bytes`)
}

await reportSize()
await cp(resolve(root, 'LICENSE'), resolve(dist, 'LICENSE'))
await chmod(resolve(dist, 'bin.js'), 0o755)
