import { signal } from '@preact/signals'
import { HOME, isPageAddress } from './page-table.ts'

/** The current URL. */
export const address = signal(new URL(location.href))

const never = () => false
let isUnsaved = never

/** Asks before the user leaves unsaved work, until the returned function is called. */
export const guardLeaving = (guarded: () => boolean): (() => void) => {
  isUnsaved = guarded
  return () => {
    isUnsaved = never
  }
}

/** Asks the user when something is not saved. True when the page may be left. */
export const confirmLeaving = (): boolean =>
  !isUnsaved() || confirm('Leave without saving your changes?')

const show = () => {
  address.value = new URL(location.href)
}

export const navigate = (href: string, { replace = false } = {}): void => {
  if (!replace && !confirmLeaving()) return
  history[replace ? 'replaceState' : 'pushState'](null, '', href)
  show()
  if (!replace) scrollTo(0, 0)
}

/** Changes parameters of the query. An empty value removes its parameter. A step can be taken back with the browser. */
export const setQuery = (
  parts: Readonly<Record<string, string>>,
  { isStep = false } = {},
): void => {
  const url = new URL(location.href)
  for (const [name, value] of Object.entries(parts))
    if (value) url.searchParams.set(name, value)
    else url.searchParams.delete(name)
  navigate(url.pathname + url.search, { replace: !isStep })
}

/** Follows plain clicks on links to pages without a reload. */
const followLink = (event: MouseEvent) => {
  const link = event.target instanceof Element ? event.target.closest('a') : null
  const isPlain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey
  if (!link || !isPlain || event.defaultPrevented || link.hash || link.download) return
  if (link.origin !== location.origin || !isPageAddress(link.pathname)) return
  event.preventDefault()
  if (link.href !== location.href) navigate(link.href)
}

export const startRouter = (): void => {
  addEventListener('popstate', () => {
    if (location.pathname === address.value.pathname || confirmLeaving()) show()
    // The browser has changed the URL already. Restore it, because the page stays.
    else history.pushState(null, '', address.value)
  })
  addEventListener('beforeunload', (event) => {
    if (isUnsaved()) event.preventDefault()
  })
  document.addEventListener('click', followLink)
  if (location.pathname === '/') navigate(HOME, { replace: true })
}
