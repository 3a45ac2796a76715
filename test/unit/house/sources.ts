import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const root = new URL('../../..', import.meta.url).pathname

/** The TypeScript files below these folders, by their path from the root. */
export const readSources = (...folders: readonly string[]): ReadonlyMap<string, string> =>
  new Map(
    folders
      .flatMap((folder) =>
        readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
          .filter((path) => /\.tsx?$/.test(path) && !/(^|\/)(dist|node_modules)\//.test(path))
          .map((path) => `${folder}/${path}`),
      )
      .toSorted()
      .map((path) => [path, readFileSync(join(root, path), 'utf8')]),
  )
