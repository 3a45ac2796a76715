import { createFlagsClient, getFlag, track } from '../../sdk/index.ts'

/* Calls of the SDK that must not compile. `npm run typecheck` checks them; nothing runs. */

export const rejectedCalls = async () => {
  // @ts-expect-error -- the context comes first
  await getFlag('booking.enabled', { userId: 'u' })
  // @ts-expect-error -- a user id is a string or a number
  await getFlag({ userId: true }, 'booking.enabled')
  // @ts-expect-error -- a default is a boolean
  await getFlag({}, 'booking.enabled', 'yes')
  // @ts-expect-error -- the key is missing
  createFlagsClient({ url: 'https://flags.example' })
  // @ts-expect-error -- an event has a type
  track({ userId: 'u' })
}
