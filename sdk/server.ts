import * as React from 'react'
import { getOwn, getValue } from './bundle.ts'
import { createFlagsClient, type FlagsClient } from './client.ts'
import type { FlagsContext } from './context.ts'
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
  const getBundle = (context: FlagsContext) =>
    readBundle(JSON.stringify(client.readContext(context)))
  const readValue = async <T>(context: FlagsContext, key: string, defaultValue: T): Promise<T> =>
    client.chooseValue(key, getValue(await getBundle(context), key), defaultValue)
  return {
    ...client,
    getBundle,
    getFlag: async (context, key, defaultValue) =>
      client.chooseValue(
        key,
        getValue(await getBundle(context), key),
        defaultValue ?? false,
        false,
      ),
    getValue: readValue,
    getString: readValue,
    getNumber: readValue,
    getObject: readValue,
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
