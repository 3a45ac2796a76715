import type { ComponentChildren } from 'preact'
import { useId } from 'preact/hooks'

type Props = {
  readonly title: ComponentChildren
  readonly action?: ComponentChildren
  readonly class?: string
  readonly role?: 'alert'
  readonly 'data-tone'?: string
  readonly children: ComponentChildren
}

/** A section of a page, labelled by its title. */
export const Section = ({ title, action, children, ...rest }: Props) => {
  const id = useId()
  return (
    <section {...rest} aria-labelledby={id}>
      <div class="page-head">
        <h2 id={id}>{title}</h2>
        {action}
      </div>
      {children}
    </section>
  )
}
