import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { createRoot, hydrateRoot } from 'react-dom/client'
import type { Bundle } from '../../sdk/bundle.ts'
import { createFlagsClient } from '../../sdk/client.ts'
import { renders, Shop } from './shop.tsx'

declare global {
  interface Window {
    /** The settings from the served HTML. */
    setup: {
      url: string
      key: string
      userId: string
      bootstrap?: Bundle
      hydrate?: boolean
      stream?: boolean
      /** True when the app has a QueryClientProvider. */
      hasQueries?: boolean
    }
    renders: typeof renders
    problems: string[]
    flush: () => Promise<boolean>
    read: (flag: string) => Promise<boolean>
    /** Mounts or unmounts the shop. */
    setOpen: (isOpen: boolean) => void
    pending: () => { waiting: number; dropped: number }
    /** Signs in as another user. True when the service has the sign-in. */
    signIn: (userId: string) => Promise<boolean>
  }
}

const { url, key, userId, bootstrap, hydrate, stream, hasQueries } = window.setup
const client = createFlagsClient({ url, key, ...(stream !== undefined && { stream }) })
const target = document.querySelector('#root')
const queries = new QueryClient()
const renderShop = (id: string) => {
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
  ? hydrateRoot(target, renderShop(userId), { onRecoverableError })
  : createRoot(target)
if (!hydrate) root.render(renderShop(userId))
window.setOpen = (isOpen) => root.render(isOpen ? renderShop(userId) : <p id="closed" />)
window.signIn = (id) => {
  const identified = client.identify(userId, id)
  root.render(renderShop(id))
  return identified
}
