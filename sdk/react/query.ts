import { queryOptions } from '@tanstack/react-query'
import type { FlagsClient } from '../client.ts'
import type { Shared } from './provider.tsx'

/** The 30 s for which an answer is fresh; the client keeps to them by itself. */
const STALE_MS = 30_000
/** While there is no answer at all the client is asked this often; it asks the service as often as is right. */
const WITHOUT_ANSWER_MS = 5_000

let known = 0
const numbers = new WeakMap<FlagsClient, number>()

/** Tells clients apart: of another service or key, the answer is another. */
const numberOf = (client: FlagsClient): number => {
  const number = numbers.get(client) ?? ++known
  numbers.set(client, number)
  return number
}

/** The one query that all hooks of a context share. The client retries, keeps and times out; here nothing does. */
export const flagsQuery = ({ client, context }: Shared) =>
  queryOptions({
    queryKey: ['@indietix/flags', numberOf(client), context],
    queryFn: async () => {
      const bundle = await client.getBundle(context, true)
      if (!bundle) throw new Error('@indietix/flags: the service has not answered yet')
      return bundle
    },
    initialData: () => client.peek(context),
    initialDataUpdatedAt: () => client.verifiedAt(context),
    staleTime: STALE_MS,
    retry: false,
    // Whatever the page does with its own queries: there is a default, and nobody is shown another's answer.
    throwOnError: false,
    placeholderData: () => undefined,
    networkMode: 'always',
    refetchInterval: ({ state }) => (state.data ? false : WITHOUT_ANSWER_MS),
  })
