import { createFlagsClient } from '@indietix/flags'
const flags = createFlagsClient({ url: 'http://localhost:8787', key: 'flags_server_local' })

const server = Bun.serve({
  port: process.env.PORT ?? 3000,
  async fetch(request) {
    const userId = new URL(request.url).searchParams.get('user')
    const isOpen = await flags.getFlag({ userId }, 'booking.enabled', true)
    const { variant } = await flags.assignVariant({ userId }, 'checkout-redesign')
    return Response.json({ isOpen, variant })
  },
})

process.on('SIGTERM', () => void server.stop().then(() => flags.close()))
