type Watch = { readonly onHide: () => void; readonly onOnline: () => void }

/** Watches a page go and come back online, until the returned function is called; elsewhere there is none to watch. */
export const watchPage = ({ onHide, onOnline }: Watch): (() => void) => {
  if (typeof document === 'undefined') return () => {}
  const onVisibility = () => document.visibilityState === 'hidden' && onHide()
  document.addEventListener('visibilitychange', onVisibility)
  globalThis.addEventListener('pagehide', onHide)
  globalThis.addEventListener('online', onOnline)
  return () => {
    document.removeEventListener('visibilitychange', onVisibility)
    globalThis.removeEventListener('pagehide', onHide)
    globalThis.removeEventListener('online', onOnline)
  }
}
