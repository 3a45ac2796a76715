/** True in a browser's page; false on servers, in Workers and in React Native. */
export const isPage = (): boolean => typeof document !== 'undefined'

/** True in a page that is in the background. */
export const isHidden = (): boolean => isPage() && document.visibilityState === 'hidden'

type Handlers = {
  readonly onHide: () => void
  readonly onShow: () => void
  readonly onOnline: () => void
}

/** Listens to the page's visibility and connection until the signal aborts. Does nothing outside of a page. */
export const watchPage = ({ onHide, onShow, onOnline }: Handlers, signal: AbortSignal): void => {
  if (!isPage()) return
  const onVisibility = () => (isHidden() ? onHide() : onShow())
  document.addEventListener('visibilitychange', onVisibility, { signal })
  globalThis.addEventListener('pagehide', onHide, { signal })
  globalThis.addEventListener('online', onOnline, { signal })
}
