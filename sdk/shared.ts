import { attempt } from './internal.ts'

/** The version in package.json, so that two versions of the package share nothing. */
export const VERSION = '0.1.0'

type Store = Record<string, unknown>

let store: Store | undefined

/** A frozen `globalThis` keeps nothing; then each copy of the package has its own. */
const getStore = (): Store => {
  const key = Symbol.for(`@indietix/flags ${VERSION}`)
  const place = Object(globalThis) as Record<symbol, Store | undefined>
  return (store ??= attempt(() => (place[key] ??= {})) ?? {})
}

/**
 * Returns the value that all copies of the package share: an app can load the ES modules, the CommonJS modules and
 * several bundled copies at once.
 */
export const share = <T>(name: string, create: () => T): T => (getStore()[name] ??= create()) as T
