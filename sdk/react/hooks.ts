import { useQuery } from '@tanstack/react-query'
import { useEffect, useSyncExternalStore } from 'react'
import { getOwn, type Bundle } from '../bundle.ts'
import type { ExperimentKey, FlagKey, VariantOf } from '../keys.ts'
import { logExposureOnce, whenVisible } from './exposure.ts'
import { useFlagsState } from './provider.tsx'
import { flagsQuery } from './query.ts'

const neverChanges = () => () => {}

/** Returns the server's value while React hydrates the page, then the current one. */
const useHydrated = <T>(value: T, rendered: T): T =>
  useSyncExternalStore(
    neverChanges,
    () => value,
    () => rendered,
  )

/** Selects a value of the bundle. The component renders again only when that value changes. */
const useBundleValue = <T>(select: (bundle: Bundle) => T, fallback: T): T => {
  const state = useFlagsState()
  const { data } = useQuery({ ...flagsQuery(state), select }, state.queryClient)
  return useHydrated(
    data === undefined ? fallback : data,
    state.bootstrap ? select(state.bootstrap) : fallback,
  )
}

/** Reads one flag. Returns the default until there is an answer. */
export const useFlag = (key: FlagKey, defaultValue = false): boolean =>
  useBundleValue(({ flags }) => getOwn(flags, key) ?? defaultValue, defaultValue)

export type Flags = {
  readonly flags: Readonly<Record<string, boolean>>
  /** True until the first answer or the first failure. */
  readonly isLoading: boolean
  /** The reason when there is no answer; null when there is one. */
  readonly error: Error | null
}

const NO_FLAGS: Readonly<Record<string, boolean>> = {}

/** Reads all flags. */
export const useFlags = (): Flags => {
  const state = useFlagsState()
  const { data, error, errorUpdateCount } = useQuery(
    { ...flagsQuery(state), select: (bundle: Bundle) => bundle.flags },
    state.queryClient,
  )
  const flags = useHydrated(data ?? NO_FLAGS, state.bootstrap?.flags ?? NO_FLAGS)
  const isLoading = useHydrated(
    data === undefined && errorUpdateCount === 0,
    state.bootstrap === undefined,
  )
  return { flags, isLoading, error: data === undefined ? error : null }
}

/**
 * Reads the user's variant; null while it is unknown or the experiment is not running. The first variant stays for the
 * life of the client. The exposure is logged once, when the page is visible.
 */
export const useVariant = <Key extends ExperimentKey>(
  experimentKey: Key,
): VariantOf<Key> | null => {
  const { client, context } = useFlagsState()
  const variantInBundle = useBundleValue(
    ({ variants }) => getOwn(variants, experimentKey) ?? null,
    null,
  )
  const variant = client.keepVariant(context, experimentKey, variantInBundle)
  useEffect(() => {
    if (variant === null) return undefined
    return whenVisible(() => logExposureOnce(client, context, experimentKey, variant))
  }, [client, context, experimentKey, variant])
  return variant as VariantOf<Key> | null
}
