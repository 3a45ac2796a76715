import type { ComponentChildren } from 'preact'
import { useId } from 'preact/hooks'

type Props = {
  readonly title: string
  readonly action?: ComponentChildren
  readonly children: ComponentChildren
}

/** A part of a page, named by its title. */
export const Section = ({ title, action, children }: Props) => {
  const id = useId()
  return (
    <section aria-labelledby={id}>
      <div class="page-head">
        <h2 id={id}>{title}</h2>
        {action}
      </div>
      {children}
    </section>
  )
}
