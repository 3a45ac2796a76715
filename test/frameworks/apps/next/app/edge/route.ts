import { createFlagsClient } from '@indietix/flags'
import { after, type NextRequest } from 'next/server'
import { url } from '../flags'

export const runtime = 'edge'
const flags = createFlagsClient({ url, key: 'flags_server_local', waitUntil: after })

export const GET = async ({ nextUrl }: NextRequest) => {
  const context = { userId: nextUrl.searchParams.get('user') }
  const { variant } = await flags.assignVariant(context, 'checkout-redesign')
  return Response.json({ variant, isOpen: await flags.getFlag(context, 'booking.enabled', true) })
}
