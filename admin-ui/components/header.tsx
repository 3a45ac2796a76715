import { findPage, HOME, LINKS, type PageName } from '../page-table.ts'
import { address, confirmLeaving } from '../router.ts'
import { announcedVersion, connection } from '../state/live.ts'
import { notifyError } from '../state/notices.ts'
import { me, signOut } from '../state/session.ts'
import { Button } from './button.tsx'
import { EnvironmentTag } from './environment-tag.tsx'

const CONNECTIONS = {
  connecting: 'Connecting…',
  live: 'Live',
  lost: 'Offline. Changes by others do not arrive.',
} as const

const TONES: Readonly<Record<string, string>> = { live: 'good', lost: 'bad' }

const Connection = () => (
  <p
    class="small dot"
    role="status"
    data-tone={TONES[connection.value]}
    title={
      connection.value === 'live' && announcedVersion.value > 0
        ? `Updates arrive live. The newest snapshot is ${announcedVersion.value}.`
        : undefined
    }
  >
    {CONNECTIONS[connection.value]}
  </p>
)

type Props = {
  /** Called when the pointer or the focus reaches a link. */
  readonly preload: (page: PageName) => void
}

const Navigation = ({ preload }: Props) => {
  const section = findPage(address.value.pathname)?.section
  return (
    <nav aria-label="Pages">
      {LINKS.map(({ name, path, link }) => (
        <a
          key={name}
          href={path}
          aria-current={name === section ? 'page' : undefined}
          onPointerEnter={() => preload(name)}
          onFocus={() => preload(name)}
        >
          {link}
        </a>
      ))}
    </nav>
  )
}

export const Header = ({ preload }: Props) => (
  <header>
    <a class="visually-hidden" href="#content">
      Skip to content
    </a>
    <div class="bar row">
      <a class="brand" href={HOME}>
        IndieTix <b>Flags</b>
      </a>
      <EnvironmentTag />
      <Navigation preload={preload} />
      <Connection />
      <p class="small">
        <bdi>{me.value?.actor}</bdi> <span class="tag">{me.value?.role}</span>
      </p>
      <Button class="plain" onClick={() => confirmLeaving() && signOut().catch(notifyError)}>
        Sign out
      </Button>
    </div>
  </header>
)
