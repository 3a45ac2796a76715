/** Whether this is a page: elsewhere there is nothing to show, and nobody to go. */
export const isPage = (): boolean => typeof document !== 'undefined'

/** Whether this is a page that nobody sees. */
export const isHidden = (): boolean => isPage() && document.visibilityState === 'hidden'

type Watch = {
  readonly onHide: () => void
  readonly onShow: () => void
  readonly onOnline: () => void
}

/** Watches a page go, come back and come online, until the signal; elsewhere there is none to watch. */
export const watchPage = ({ onHide, onShow, onOnline }: Watch, signal: AbortSignal): void => {
  if (!isPage()) return
  const look = () => (isHidden() ? onHide() : onShow())
  document.addEventListener('visibilitychange', look, { signal })
  globalThis.addEventListener('pagehide', onHide, { signal })
  globalThis.addEventListener('online', onOnline, { signal })
}
