import { address, mayLeave } from '../router.ts'
import { announcedVersion, connection } from '../state/live.ts'
import { notifyError } from '../state/notices.ts'
import { me, signOut } from '../state/session.ts'
import { Button } from './button.tsx'

/** The pages, in the order of their use. */
const PAGES = [
  { href: '/settings/flags', name: 'Flags', also: '/settings/new-flag' },
  { href: '/experiments', name: 'Experiments' },
  { href: '/audit', name: 'Audit' },
  { href: '/settings/keys', name: 'Keys & members' },
  { href: '/settings/transfer', name: 'Export & import' },
] as const

const isAt = ({ pathname }: URL, href: string) =>
  pathname.startsWith(href) || (href === PAGES[0].href && pathname === PAGES[0].also)

const CONNECTIONS = {
  connecting: 'Connecting…',
  live: 'Live',
  lost: 'Offline: changes by others do not arrive.',
} as const

const TONES: Readonly<Record<string, string>> = { live: 'good', lost: 'bad' }

const Connection = () => (
  <p class="small dot" role="status" data-tone={TONES[connection.value]}>
    {CONNECTIONS[connection.value]}
    {connection.value === 'live' && announcedVersion.value > 0 && (
      <span class="quiet"> · version {announcedVersion.value}</span>
    )}
  </p>
)

export const Header = () => (
  <header>
    <a class="visually-hidden" href="#content">
      Skip to content
    </a>
    <div class="bar row">
      <a class="brand" href="/settings/flags">
        IndieTix <b>Flags</b>
      </a>
      <nav aria-label="Pages">
        {PAGES.map(({ href, name }) => (
          <a key={href} href={href} aria-current={isAt(address.value, href) ? 'page' : undefined}>
            {name}
          </a>
        ))}
      </nav>
      <Connection />
      <p class="small">
        <bdi>{me.value?.actor}</bdi> <span class="tag">{me.value?.role}</span>
      </p>
      <Button class="plain" onClick={() => mayLeave() && signOut().catch(notifyError)}>
        Sign out
      </Button>
    </div>
  </header>
)
