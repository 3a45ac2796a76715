import { build } from 'esbuild'
import { resolve } from 'node:path'

export const root = resolve(import.meta.dirname, '../..')

/** As in wrangler.toml. */
export const COMPATIBILITY_DATE = '2026-11-01'

/** A Worker as one module, as wrangler would bundle it. */
export const bundle = async (entry: string): Promise<string> => {
  const { outputFiles } = await build({
    entryPoints: [resolve(root, entry)],
    bundle: true,
    format: 'esm',
    target: 'es2024',
    write: false,
    external: ['cloudflare:*', 'node:*'],
  })
  const [file] = outputFiles
  if (!file) throw new Error(`nothing came of bundling ${entry}`)
  return file.text
}
