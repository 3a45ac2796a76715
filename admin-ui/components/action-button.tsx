import type { ComponentChildren } from 'preact'
import type { Role } from '../../schema/key.ts'
import { may } from '../state/session.ts'

type Props = {
  /** Who has a smaller role sees it, disabled, and why. */
  readonly needs: Role
  readonly class?: string | undefined
  readonly label?: string
  /** Why it cannot be done, whatever the role. */
  readonly whyNot?: string | undefined
  readonly onClick?: () => void
  readonly children: ComponentChildren
}

/** Something that takes a role. */
export const ActionButton = ({ needs, label, whyNot, children, ...rest }: Props) => {
  const why = may(needs) ? whyNot : `This needs the role ${needs}`
  return (
    <button {...rest} type="button" aria-label={label} disabled={Boolean(why)} title={why}>
      {children}
    </button>
  )
}
