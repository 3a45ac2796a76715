import { FlagPage } from './flag.tsx'
import { FlagsPage } from './flags.tsx'
import { NewFlagPage } from './new-flag.tsx'

/** The pages of flags, loaded when the first of them is opened. */
export const FlagSection = ({ path }: { readonly path: string }) => {
  const [, , kind, key] = path.split('/')
  if (kind === 'new-flag') return <NewFlagPage />
  return key ? <FlagPage flagKey={key} /> : <FlagsPage />
}
