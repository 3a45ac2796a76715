import { useQuery } from '@tanstack/react-query'
import { useEffect, useSyncExternalStore } from 'react'
import { memberOf, type Bundle } from '../bundle.ts'
import type { ExperimentKey, FlagKey, VariantOf } from '../keys.ts'
import { logExposureOnce, whenVisible } from './exposure.ts'
import { useShared } from './provider.tsx'
import { flagsQuery } from './query.ts'

const listenToNothing = () => () => {}

/** The value, except while a page is hydrated: then the one that the server rendered. */
const useHydrated = <T>(value: T, rendered: T): T =>
  useSyncExternalStore(
    listenToNothing,
    () => value,
    () => rendered,
  )

/** What the bundle says; it renders again when that changes, and for nothing else. */
const useTold = <T>(select: (bundle: Bundle) => T, otherwise: T): T => {
  const shared = useShared()
  const { data } = useQuery({ ...flagsQuery(shared), select }, shared.queryClient)
  return useHydrated(
    data === undefined ? otherwise : data,
    shared.bootstrap ? select(shared.bootstrap) : otherwise,
  )
}

/** One flag; the default until there is an answer. */
export const useFlag = (key: FlagKey, defaultValue = false): boolean =>
  useTold(({ flags }) => memberOf(flags, key) ?? defaultValue, defaultValue)

/** What all flags are, and whether that is known yet. */
export type Flags = {
  readonly flags: Readonly<Record<string, boolean>>
  /** Whether there never was an answer, and the first try has not failed either. */
  readonly isLoading: boolean
  /** Why there is no answer; null when there is one. */
  readonly error: Error | null
}

const NO_FLAGS: Readonly<Record<string, boolean>> = {}

/** All flags. */
export const useFlags = (): Flags => {
  const shared = useShared()
  const { data, error, errorUpdateCount } = useQuery(
    { ...flagsQuery(shared), select: (bundle: Bundle) => bundle.flags },
    shared.queryClient,
  )
  const flags = useHydrated(data ?? NO_FLAGS, shared.bootstrap?.flags ?? NO_FLAGS)
  const isLoading = useHydrated(
    data === undefined && errorUpdateCount === 0,
    shared.bootstrap === undefined,
  )
  return { flags, isLoading, error: data === undefined ? error : null }
}

/**
 * The user's variant, or null while it is not known or the experiment is not running. Once given it stays for the life
 * of the client. That it was shown is logged once, when the page is visible.
 */
export const useVariant = <Key extends ExperimentKey>(
  experimentKey: Key,
): VariantOf<Key> | null => {
  const { client, context } = useShared()
  const told = useTold(({ variants }) => memberOf(variants, experimentKey) ?? null, null)
  const variant = client.keepVariant(context, experimentKey, told)
  useEffect(() => {
    if (variant === null) return undefined
    return whenVisible(() => logExposureOnce(client, context, experimentKey, variant))
  }, [client, context, experimentKey, variant])
  return variant as VariantOf<Key> | null
}
