import { createFlagsClient } from '@indietix/flags'
const flags = createFlagsClient({ url: 'http://localhost:8787', key: 'flags_server_local' })

const server = Deno.serve({ port: Number(Deno.env.get('PORT') ?? 3000) }, async (request) => {
  const userId = new URL(request.url).searchParams.get('user')
  const isOpen = await flags.getFlag({ userId }, 'booking.enabled', true)
  const { variant } = await flags.assignVariant({ userId }, 'checkout-redesign')
  return Response.json({ isOpen, variant })
})

Deno.addSignalListener('SIGTERM', () => void server.shutdown().then(() => flags.close()))
