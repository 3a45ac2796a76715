import type { ComponentChildren } from 'preact'

/** Names, and what each stands for; what is null is left out. */
export const Terms = ({
  of,
}: {
  readonly of: readonly (readonly [name: string, meaning: ComponentChildren])[]
}) => (
  <dl class="terms">
    {of.map(
      ([name, meaning]) =>
        meaning !== null && (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{meaning}</dd>
          </div>
        ),
    )}
  </dl>
)
