import { inject } from 'vitest'

declare module 'vitest' {
  export interface ProvidedContext {
    /** One server for each file that may run at the same time, so that no file sees another's edits meanwhile. */
    origins: readonly string[]
  }
}

/** The origin of the server that this file uses alone while it runs. Files that ran before have left their data. */
export const getOrigin = (): string => {
  const origin = inject('origins')[Number(process.env.VITEST_POOL_ID) - 1]
  if (origin === undefined) throw new Error('this worker has no server')
  return origin
}
