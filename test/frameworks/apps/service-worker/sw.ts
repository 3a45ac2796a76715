import { createFlagsClient } from '@indietix/flags'
const flags = createFlagsClient({ url: 'http://localhost:8787', key: 'flags_client_local' })

const answer = async (url: URL) => {
  const context = { userId: url.searchParams.get('user') }
  const { variant } = await flags.assignVariant(context, 'checkout-redesign')
  return Response.json({ variant, isOpen: await flags.getFlag(context, 'booking.enabled', true) })
}

const worker = self as unknown as ServiceWorkerGlobalScope
worker.addEventListener('activate', (event) => event.waitUntil(worker.clients.claim()))
worker.addEventListener('fetch', (event) => {
  const url = new URL(event.request.url)
  if (url.pathname !== '/checkout') return
  const answered = answer(url)
  event.respondWith(answered)
  event.waitUntil(answered.then(() => flags.flush()))
})
