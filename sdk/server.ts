import * as React from 'react'
import { getOwn } from './bundle.ts'
import { createFlagsClient, type FlagsClient } from './client.ts'
import { readContext, type FlagsContext } from './context.ts'
import { attempt } from './internal.ts'
import type { FlagsOptions } from './options.ts'

type Cache = <Result>(read: (contextJson: string) => Result) => (contextJson: string) => Result

/** React's `cache` lasts for one render of server components. React 18 has none, and a bundler must not look for it. */
const NAME = 'cache' as string
const cache: Cache = (read) =>
  ((Object(React) as Record<string, Cache | undefined>)[NAME] ?? ((each) => each))(read)

/**
 * Makes a client for server components. All reads of a context in one render use one bundle, so that the parts of the
 * page agree with each other and with the `bootstrap` of the provider.
 */
export const createServerFlagsClient = (options: FlagsOptions): FlagsClient => {
  const client = createFlagsClient(options)
  const readBundle = cache((contextJson) =>
    client.getBundle(JSON.parse(contextJson) as FlagsContext),
  )
  const isLocal = attempt(() => options.evaluation) === 'local'
  // Local evaluation reads any attribute. The service gets only those that the client sends.
  const toText = (context: FlagsContext): string =>
    (isLocal ? attempt(() => JSON.stringify(context)) : undefined) ??
    JSON.stringify(readContext(context))
  const getBundle = (context: FlagsContext) => readBundle(toText(context))
  return {
    ...client,
    getBundle,
    getFlag: async (context, key, defaultValue) =>
      getOwn((await getBundle(context))?.flags, key) ?? defaultValue ?? false,
    getAllFlags: async (context) => ({ ...(await getBundle(context))?.flags }),
    getVariant: (async (context, experimentKey) =>
      getOwn((await getBundle(context))?.variants, experimentKey) ??
      null) as FlagsClient['getVariant'],
  }
}

export type { Bundle } from './bundle.ts'
export type { FlagsClient } from './client.ts'
export type { FlagsContext } from './context.ts'
export type { FlagsOptions } from './options.ts'
