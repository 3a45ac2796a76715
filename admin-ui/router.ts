import { signal } from '@preact/signals'
import { HOME, isPageAddress } from './page-table.ts'

/** The address shown: its path, and its query. */
export const address = signal(new URL(location.href))

const never = () => false
let isUnsaved = never

/** Asks before unsaved work is left behind, for another page or for good, until the returned function is called. */
export const guardLeaving = (guarded: () => boolean): (() => void) => {
  isUnsaved = guarded
  return () => {
    isUnsaved = never
  }
}

/** Whether what is not saved yet, if there is any, may be left behind. */
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

/** Changes parts of the query in place; an empty value leaves it out. */
export const setQuery = (parts: Readonly<Record<string, string>>): void => {
  const url = new URL(location.href)
  for (const [name, value] of Object.entries(parts))
    if (value) url.searchParams.set(name, value)
    else url.searchParams.delete(name)
  navigate(url.pathname + url.search, { replace: true })
}

/** Turns plain clicks on links between pages into navigation without a reload. Links stay links. */
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
    // The address is another one already, of the page that stays.
    else history.pushState(null, '', address.value)
  })
  addEventListener('beforeunload', (event) => {
    if (isUnsaved()) event.preventDefault()
  })
  document.addEventListener('click', followLink)
  if (location.pathname === '/') navigate(HOME, { replace: true })
}
