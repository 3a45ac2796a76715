import { readdirSync, readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'

/** The host chooses how it compresses. At a fixed level, builds can be compared. */
const GZIP_LEVEL = 9

const dist = new URL('../../admin-ui/dist/', import.meta.url).pathname

const kilobytes = (file: string): number =>
  gzipSync(readFileSync(dist + file), { level: GZIP_LEVEL }).length / 1000

const sum = (files: readonly string[]) => files.reduce((total, file) => total + kilobytes(file), 0)

/** Limits in kB, gzipped. */
export const UI_LIMITS = { firstScript: 45, whole: 140 } as const

/** The size of the built admin UI in kB, gzipped: the scripts that its HTML loads, and all scripts and styles. */
export const readUiSize = () => {
  const html = readFileSync(`${dist}index.html`, 'utf8')
  const first = Array.from(
    html.matchAll(/(?:src|href)="\/(assets\/[^"]+\.js)"/g),
    ([, file]) => file,
  )
  return {
    firstScript: sum(first.filter((file) => file !== undefined)),
    whole: sum(readdirSync(`${dist}assets`).map((file) => `assets/${file}`)),
  }
}
