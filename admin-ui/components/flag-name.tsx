import type { Flag } from '../../schema/flag.ts'
import { flagPath } from '../page-table.ts'
import { Clamped } from './clamped.tsx'

/** A flag by its name, which leads to its page, and what it is for. */
export const FlagName = ({ flag: { key, description } }: { readonly flag: Flag }) => (
  <>
    <a class="key" href={flagPath(key)}>
      {key}
    </a>
    <Clamped text={description} />
  </>
)
