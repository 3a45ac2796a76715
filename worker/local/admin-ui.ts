import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { root, StartError } from './settings.ts'

const changedAt = (path: string) =>
  statSync(join(root, path), { throwIfNoEntry: false })?.mtimeMs ?? 0

/** The files that the UI is built from. */
const sources = () => [
  'package-lock.json',
  ...['admin-ui', 'schema', 'worker/evaluate', 'worker/analyze', 'worker/experiments'].flatMap(
    (folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
        .map((path) => join(folder, path))
        .filter((path) => !path.startsWith(join('admin-ui', 'dist'))),
  ),
]

/** Builds the admin UI when its sources are newer: a build takes away the files that another server is serving. */
export const buildAdminUi = async (): Promise<boolean> => {
  if (Math.max(...sources().map(changedAt)) < changedAt('admin-ui/dist/index.html')) return false
  const { build } = await import('vite')
  try {
    await build({ configFile: join(root, 'admin-ui/vite.config.ts'), logLevel: 'error' })
    return true
  } catch (error) {
    throw new StartError(`The admin UI could not be built.\n  ${String(error)}`)
  }
}
