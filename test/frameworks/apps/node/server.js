import { createServer } from 'node:http'
import { createFlagsClient } from '@indietix/flags'
const flags = createFlagsClient({ url: 'http://localhost:8787', key: 'flags_server_local' })

const server = createServer(async (request, response) => {
  const userId = new URL(request.url, 'http://localhost').searchParams.get('user')
  const isOpen = await flags.getFlag({ userId }, 'booking.enabled', true)
  const { variant } = await flags.assignVariant({ userId }, 'checkout-redesign')
  response.end(JSON.stringify({ isOpen, variant }))
}).listen(process.env.PORT ?? 3000)

process.on('SIGTERM', () => server.close(() => flags.close()))
