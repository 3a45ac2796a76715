import { createFlagsClient, type Dropped, type FlagsClient } from '../../sdk/index.ts'

declare global {
  interface Window {
    flags: FlagsClient
    dropped: Dropped[]
    rejections: string[]
    settings: { url: string; key: string }
  }
}

window.rejections = []
window.addEventListener('unhandledrejection', ({ reason }) => {
  window.rejections.push(String(reason))
})
window.dropped = []
window.flags = createFlagsClient({
  ...window.settings,
  onDrop: (dropped) => window.dropped.push(dropped),
})
