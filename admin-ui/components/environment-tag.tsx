import { environment, environmentTone } from '../state/environment.ts'

const Tag = ({ name }: { readonly name: string }) => (
  <span class="tag" data-tone={environmentTone.value}>
    <bdi>{name}</bdi>
  </span>
)

/** The name of this environment, with links to the others where there are any. */
export const EnvironmentTag = () => {
  if (environment.value === null) return null
  const { name, others } = environment.value
  if (others.length === 0) return <Tag name={name} />
  return (
    <details class="menu">
      <summary aria-label={`Environment: ${name}`}>
        <Tag name={name} />
      </summary>
      <ul>
        {others.map((other) => (
          <li key={other.url}>
            <a href={other.url}>{other.name}</a>
          </li>
        ))}
      </ul>
    </details>
  )
}

/** Says in a dangerous dialog what it changes. */
export const ChangesEnvironment = () =>
  environment.value && (
    <p class="small">
      This changes <Tag name={environment.value.name} />
    </p>
  )
