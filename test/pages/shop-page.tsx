import { createRoot, hydrateRoot } from 'react-dom/client'
import type { Bundle } from '../../sdk/bundle.ts'
import { createFlagsClient } from '../../sdk/client.ts'
import { renders, Shop } from './shop.tsx'

declare global {
  interface Window {
    /** What the page was served with. */
    setup: { url: string; key: string; userId: string; bootstrap?: Bundle; hydrate?: boolean }
    renders: typeof renders
    problems: string[]
    flush: () => Promise<boolean>
  }
}

const { url, key, userId, bootstrap, hydrate } = window.setup
const client = createFlagsClient({ url, key })
const root = document.querySelector('#root')
const shop = <Shop client={client} userId={userId} bootstrap={bootstrap} />
window.renders = renders
window.problems = []
window.flush = client.flush
const onRecoverableError = (error: unknown) => window.problems.push(String(error))
if (root && hydrate) hydrateRoot(root, shop, { onRecoverableError })
else if (root) createRoot(root).render(shop)
