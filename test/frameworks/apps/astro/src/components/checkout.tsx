import { FlagsProvider, useVariant, type FlagsProviderProps } from '@indietix/flags/react'

const Design = () => <p id="checkout">Checkout {useVariant('checkout-redesign') ?? 'as always'}</p>

type Props = Pick<FlagsProviderProps, 'context' | 'bootstrap'> & { url: string }

export const Checkout = ({ url, ...props }: Props) => (
  <FlagsProvider options={{ url, key: 'flags_client_local' }} {...props}>
    <Design />
  </FlagsProvider>
)
