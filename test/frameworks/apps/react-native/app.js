import { createFlagsClient } from '@indietix/flags'
import { FlagsProvider, useFlag, useVariant } from '@indietix/flags/react'

const client = createFlagsClient({
  url: 'http://localhost:8787',
  key: 'flags_client_local',
  storage: null, // in an app: await openAsyncStorage(AsyncStorage)
})

const Checkout = () => {
  const isOpen = useFlag('booking.enabled', true)
  const design = useVariant('checkout-redesign')
  return [String(isOpen), String(design)]
}

export const App = () => (
  <FlagsProvider client={client} context={{ userId: 'u-42' }}>
    <Checkout />
  </FlagsProvider>
)

/** Call it when AppState becomes active. */
export const refresh = () => client.refresh()
