import type { ComponentChildren } from 'preact'
import type { Role } from '../../schema/key.ts'
import { hasRole } from '../state/session.ts'

type Props = {
  /** With a lower role the button is disabled, and its title says why. */
  readonly needs?: Role
  /** A reason to disable the button for every role. */
  readonly whyNot?: string | undefined
  readonly disabled?: boolean
  readonly class?: string | undefined
  readonly 'aria-label'?: string
  readonly 'aria-pressed'?: boolean
  readonly 'data-next'?: boolean
  readonly onClick?: () => unknown
  readonly children: ComponentChildren
}

/** A button that may need a role. */
export const Button = ({ needs, whyNot, disabled, ...rest }: Props) => {
  const why = needs && !hasRole(needs) ? `This needs the role ${needs}` : whyNot
  return <button {...rest} type="button" disabled={disabled || Boolean(why)} title={why} />
}
