import { cookies } from 'next/headers'
import { Checkout } from './checkout'
import { flags } from './flags'

export default async function Page() {
  const context = { userId: (await cookies()).get('visitor')?.value }
  const isOpen = await flags.getFlag(context, 'booking.enabled', true)
  return isOpen ? <Checkout /> : <p>Back soon</p>
}
