import { createFlagsClient, type FlagsContext } from '@indietix/flags'
import { compile, evaluateAll, isOn } from '@indietix/flags/evaluate'
import { FlagsProvider, useFlag, useVariant } from '@indietix/flags/react'
import { createServerFlagsClient } from '@indietix/flags/server'
import type { ReactNode } from 'react'

const options = { url: 'https://flags.test', key: 'k' }
const context: FlagsContext = { userId: 'u-42' }
export const client = createFlagsClient(options)
export const isOpen: Promise<boolean> = createServerFlagsClient(options).getFlag(context, 'a')
export const isOnHere: boolean = isOn(evaluateAll(compile({ flags: [] }), context), 'a')

const Checkout = () => <p>{useFlag('a') ? useVariant('b') : null}</p>
export const App = ({ children }: { children: ReactNode }) => (
  <FlagsProvider client={client} context={context}>
    <FlagsProvider options={options} context={context}>
      <Checkout />
      {children}
    </FlagsProvider>
  </FlagsProvider>
)
