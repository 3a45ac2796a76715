export { useFlag, useFlags, useFlagsStatus, useVariant, type Flags } from './hooks.ts'
export { FlagsProvider, type FlagsProviderProps, type QueryCacheMirror } from './provider.tsx'
