import { useCallback, useEffect, useSyncExternalStore } from 'react'
import { getOwn, getValue, type Bundle } from '../bundle.ts'
import type { ExperimentKey, FlagKey, KeyOf, VariantOf, Widened } from '../keys.ts'
import { whenVisible } from '../page.ts'
import type { FlagsStatus } from '../status.ts'
import { logExposureOnce } from './exposure.ts'
import { useProviderState } from './provider.tsx'

/**
 * Selects a value of the client's bundle; undefined without a bundle. The component renders again only when that value
 * changes. While React hydrates a page, the value is the one that the server rendered: a part of the page may arrive
 * when another has shown a newer value.
 */
const useBundleValue = <T>(
  select: (bundle: Bundle) => T,
  keep: (value: T | undefined) => T | undefined = (value) => value,
): T | undefined => {
  const { client, context, bootstrap } = useProviderState()
  const subscribe = useCallback(
    (onChange: () => void) => client.subscribe(context, onChange),
    [client, context],
  )
  const selectFrom = (bundle: Bundle | undefined) => bundle && select(bundle)
  return useSyncExternalStore(
    subscribe,
    () => keep(selectFrom(client.peek(context))),
    () => selectFrom(bootstrap),
  )
}

/** Selects a part of the status. The server renders `initial`. */
const useStatusValue = <T>(select: (status: FlagsStatus) => T, initial: T): T => {
  const { client, context } = useProviderState()
  const subscribe = useCallback(
    (onChange: () => void) => {
      const stops = [client.onStatus(onChange, context), client.subscribe(context, onChange)]
      return () => stops.forEach((stop) => stop())
    },
    [client, context],
  )
  return useSyncExternalStore(
    subscribe,
    () => select(client.status(context)),
    () => initial,
  )
}

/** Reads one flag. Returns the default until there is an answer. */
export const useFlag = (key: KeyOf<boolean>, defaultValue = false): boolean => {
  const { client } = useProviderState()
  const value = useBundleValue((bundle) => getValue(bundle, key))
  return typeof value === 'boolean'
    ? value
    : client.chooseValue<boolean>(key, value, defaultValue, false)
}

/**
 * Reads the value of a flag of any type. Returns the default until there is an answer, and for a value of another type,
 * which is reported once. An object is the same one for as long as it is equal.
 */
export const useFlagValue = <T>(key: FlagKey, defaultValue: T): Widened<T> => {
  const { client } = useProviderState()
  const value = useBundleValue((bundle) => getValue(bundle, key))
  return client.chooseValue(key, value, defaultValue) as Widened<T>
}

export type Flags = {
  readonly flags: Readonly<Record<string, boolean>>
  /** True until the first answer or the first failure. */
  readonly isLoading: boolean
  /** The reason when there is no answer; null when there is one. */
  readonly error: Error | null
}

const NO_FLAGS: Readonly<Record<string, boolean>> = {}

const toError = (error: unknown): Error =>
  error instanceof Error ? error : new Error('@indietix/flags: no answer', { cause: error })

/** Reads all flags. */
export const useFlags = (): Flags => {
  const flags = useBundleValue((bundle) => bundle.flags)
  const lastError = useStatusValue((status) => status.lastError, undefined)
  const hasFailed = lastError !== undefined
  return {
    flags: flags ?? NO_FLAGS,
    isLoading: flags === undefined && !hasFailed,
    error: flags === undefined && hasFailed ? toError(lastError) : null,
  }
}

/** Reads whether the values of this context are current. Renders again when the state or the last error changes. */
export const useFlagsStatus = (): FlagsStatus => {
  const { client, context, bootstrap } = useProviderState()
  const state = useStatusValue((status) => status.state, bootstrap ? 'stale' : 'starting')
  const lastError = useStatusValue((status) => status.lastError, undefined)
  return { ...client.status(context), state, lastError }
}

/**
 * Reads the user's variant; null while it is unknown or the experiment is not running. The first variant stays for the
 * life of the client. The exposure is logged once, when the page is visible.
 */
export const useVariant = <Key extends ExperimentKey>(
  experimentKey: Key,
): VariantOf<Key> | null => {
  const { client, context } = useProviderState()
  const variant =
    useBundleValue<string | null>(
      ({ variants }) => getOwn(variants, experimentKey) ?? null,
      (inBundle) => client.keepVariant(context, experimentKey, inBundle ?? null),
    ) ?? null
  useEffect(() => {
    if (variant === null) return undefined
    return whenVisible(() => logExposureOnce(client, context, experimentKey, variant))
  }, [client, context, experimentKey, variant])
  return variant as VariantOf<Key> | null
}
