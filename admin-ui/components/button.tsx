import type { ComponentChildren } from 'preact'
import type { Role } from '../../schema/key.ts'
import { hasRole } from '../state/session.ts'

type Props = {
  /** Who has a smaller role sees it, disabled, and why. */
  readonly needs?: Role
  /** Why it cannot be done, whatever the role. */
  readonly whyNot?: string | undefined
  readonly disabled?: boolean
  readonly class?: string | undefined
  readonly 'aria-label'?: string
  readonly 'aria-pressed'?: boolean
  readonly 'data-next'?: boolean
  readonly onClick?: () => unknown
  readonly children: ComponentChildren
}

/** Something to do; some of it takes a role. */
export const Button = ({ needs, whyNot, disabled, ...rest }: Props) => {
  const why = needs && !hasRole(needs) ? `This needs the role ${needs}` : whyNot
  return <button {...rest} type="button" disabled={disabled || Boolean(why)} title={why} />
}
