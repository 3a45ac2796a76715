import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { createRoot, hydrateRoot } from 'react-dom/client'
import type { Bundle } from '../../sdk/bundle.ts'
import { createFlagsClient } from '../../sdk/client.ts'
import { renders, Shop } from './shop.tsx'

declare global {
  interface Window {
    /** What the page was served with. */
    setup: {
      url: string
      key: string
      userId: string
      bootstrap?: Bundle
      hydrate?: boolean
      stream?: boolean
      /** Whether the page has queries of its own, which the hooks share. */
      hasQueries?: boolean
    }
    renders: typeof renders
    problems: string[]
    flush: () => Promise<boolean>
    read: (flag: string) => Promise<boolean>
    /** Shows the shop, or takes it away. */
    setOpen: (isOpen: boolean) => void
    /** How many exposures and events wait, and how many were dropped. */
    pending: () => { waiting: number; dropped: number }
    /** Goes on as another user, who was this one until now; true when the service has it. */
    signIn: (userId: string) => Promise<boolean>
  }
}

const { url, key, userId, bootstrap, hydrate, stream, hasQueries } = window.setup
const client = createFlagsClient({ url, key, ...(stream !== undefined && { stream }) })
const target = document.querySelector('#root')
const queries = new QueryClient()
const shopOf = (id: string) => {
  const shop = <Shop client={client} userId={id} bootstrap={bootstrap} />
  return hasQueries ? <QueryClientProvider client={queries}>{shop}</QueryClientProvider> : shop
}
window.renders = renders
window.problems = []
window.flush = client.flush
window.pending = client.pending
window.read = (flag) => client.getFlag({ userId }, flag)
const onRecoverableError = (error: unknown) => window.problems.push(String(error))
if (!target) throw new Error('there is no #root')
const root = hydrate
  ? hydrateRoot(target, shopOf(userId), { onRecoverableError })
  : createRoot(target)
if (!hydrate) root.render(shopOf(userId))
window.setOpen = (isOpen) => root.render(isOpen ? shopOf(userId) : <p id="closed" />)
window.signIn = (id) => {
  const identified = client.identify(userId, id)
  root.render(shopOf(id))
  return identified
}
