import { queryOptions } from '@tanstack/react-query'
import type { FlagsClient } from '../client.ts'
import type { FlagsState } from './provider.tsx'

/** How long an answer is fresh. The client has the same limit. */
const STALE_MS = 30_000
/** How often the query asks the client without an answer. The client has a backoff for its requests. */
const WITHOUT_ANSWER_MS = 5_000

let lastNumber = 0
const numbers = new WeakMap<FlagsClient, number>()

/** Clients of different services or keys have different answers. */
const getNumber = (client: FlagsClient): number => {
  const number = numbers.get(client) ?? ++lastNumber
  numbers.set(client, number)
  return number
}

/** The query that all hooks of a context share. The client does the retries and timeouts. */
export const flagsQuery = ({ client, context }: FlagsState) =>
  queryOptions({
    queryKey: ['@indietix/flags', getNumber(client), context],
    queryFn: async () => {
      const bundle = await client.getBundle(context, true)
      if (!bundle) throw new Error('@indietix/flags: the service has not answered yet')
      return bundle
    },
    initialData: () => client.peek(context),
    initialDataUpdatedAt: () => client.verifiedAt(context),
    staleTime: STALE_MS,
    retry: false,
    // These override the app's defaults: a flag has a default, and a user never sees the values of another.
    throwOnError: false,
    placeholderData: () => undefined,
    networkMode: 'always',
    refetchInterval: ({ state }) => (state.data ? false : WITHOUT_ANSWER_MS),
  })
