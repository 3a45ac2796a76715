import type { Flag } from '../../schema/flag.ts'
import { flagPath } from '../page-table.ts'
import { Clamped } from './clamped.tsx'

/** The key of a flag as a link, with its type, unless it is boolean, and its description. */
export const FlagName = ({ flag: { key, description, type } }: { readonly flag: Flag }) => (
  <>
    <a class="key" href={flagPath(key)}>
      {key}
    </a>{' '}
    {type && <span class="tag">{type}</span>}
    <Clamped text={description} />
  </>
)
