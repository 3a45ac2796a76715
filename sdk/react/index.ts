export { useFlag, useFlags, useVariant, type Flags } from './hooks.ts'
export { FlagsProvider, type FlagsProviderProps } from './provider.tsx'
