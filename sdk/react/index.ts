export { useFlag, useFlagValue, useFlags, useFlagsStatus, useVariant, type Flags } from './hooks.ts'
export {
  FlagsProvider,
  type FlagsProviderProps,
  type QueryCacheMirror,
  type SerializableOptions,
} from './provider.tsx'
