import { resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build, type Plugin } from 'esbuild'
import { root } from './bundle.ts'
import { localRows } from './sdk-local.ts'
import { cost, progress, type Row, type Topic } from './report.ts'

const KIB = 1024

/** In KiB, gzipped, as in sdk/build.ts. A larger client is a warning and fails nothing. */
const CLIENT_LIMIT = 8

const ENTRIES = [
  { name: 'createFlagsClient', contents: "export { createFlagsClient } from './index.ts'" },
  { name: 'all of @indietix/flags', contents: "export * from './index.ts'" },
  { name: 'all of @indietix/flags/react', contents: "export * from './react/index.ts'" },
  { name: 'all of @indietix/flags/evaluate', contents: "export * from './evaluate.ts'" },
] as const

/** As sdk/build.ts does for pages. */
const forPages: Plugin = {
  name: 'for-pages',
  setup: ({ onResolve }) =>
    onResolve({ filter: /^\.\/local-evaluation\.ts$/ }, () => ({
      path: resolve(root, 'sdk/page-evaluation.ts'),
    })),
}

/** What an import adds to an app, in KiB, minified: gzipped, and before. */
const weigh = async (contents: string) => {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: resolve(root, 'sdk'), loader: 'ts' },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    jsx: 'automatic',
    external: ['react', 'react/*', '@tanstack/*'],
    plugins: [forPages],
  })
  const [file] = outputFiles
  if (!file) throw new Error(`esbuild returned no file for ${contents}`)
  return {
    gzipped: gzipSync(file.contents, { level: 9 }).length / KIB,
    minified: file.contents.length / KIB,
  }
}

/** Weighs what each entry of the SDK adds to an app. */
export const sdkTopic = async (): Promise<Topic> => {
  progress('sdk: bundling its entries')
  const rows: Row[] = []
  for (const { name, contents } of ENTRIES) {
    const { gzipped, minified } = await weigh(contents)
    const what = `${name} in an app, gzipped`
    const note = `${minified.toFixed(1)} KiB before`
    if (name !== 'createFlagsClient') {
      rows.push({ what, value: gzipped, unit: 'KiB', note })
      continue
    }
    const warning = gzipped > CLIENT_LIMIT ? 'warning: over its limit; ' : ''
    rows.push(
      cost('KiB', {
        what,
        value: gzipped,
        versus: 'its limit',
        versusValue: CLIENT_LIMIT,
        note: warning + note,
      }),
    )
  }
  rows.push(...(await localRows()))
  return { title: 'SDK', rows }
}
