import { attempt } from './internal.ts'

type Target = Pick<EventTarget, 'addEventListener' | 'removeEventListener'>

/** Some environments, such as React Native with polyfills, define a `document` without its methods. */
const getDocument = (): (Document & Target) | undefined =>
  attempt(() =>
    typeof document === 'undefined' || typeof document.addEventListener !== 'function'
      ? undefined
      : document,
  )

/** True in a browser's page; false on servers, in Workers and in React Native. */
export const isPage = (): boolean => getDocument() !== undefined

/** True in a page that is in the background. */
export const isHidden = (): boolean => getDocument()?.visibilityState === 'hidden'

/**
 * Listens until the returned function is called. It uses no AbortSignal: in jsdom the global one is not the one that
 * the document accepts.
 */
const listen = (
  target: Target | undefined,
  type: string,
  listener: (event: Event) => void,
): (() => void) => {
  attempt(() => target?.addEventListener(type, listener))
  return () => attempt(() => target?.removeEventListener(type, listener))
}

type Handlers = {
  readonly onHide: () => void
  readonly onShow: () => void
  readonly onOnline: () => void
}

/** Listens to the page's visibility and connection until the returned function is called. Does nothing elsewhere. */
export const watchPage = ({ onHide, onShow, onOnline }: Handlers): (() => void) => {
  const page = getDocument()
  if (!page) return () => {}
  const stops = [
    listen(page, 'visibilitychange', () => (isHidden() ? onHide() : onShow())),
    listen(globalThis, 'pagehide', onHide),
    // A page from the back/forward cache was stopped by `pagehide`.
    listen(globalThis, 'pageshow', (event) => (event as PageTransitionEvent).persisted && onShow()),
    listen(globalThis, 'online', onOnline),
  ]
  return () => stops.forEach((stop) => stop())
}

/** Calls back once, as soon as the page is visible; at once where there is no page. A user does not see a hidden tab. */
export const whenVisible = (callback: () => void): (() => void) => {
  let stop: (() => void) | undefined
  const check = () => {
    if (isHidden()) return
    stop?.()
    callback()
  }
  stop = listen(getDocument(), 'visibilitychange', check)
  check()
  return stop
}
