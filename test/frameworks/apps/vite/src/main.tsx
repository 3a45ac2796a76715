import { FlagsProvider, useFlag, useVariant } from '@indietix/flags/react'
import { createRoot } from 'react-dom/client'

const Checkout = () => {
  const isOpen = useFlag('booking.enabled', true)
  const design = useVariant('checkout-redesign')
  return <p id="checkout">{isOpen ? `Checkout ${design ?? 'as always'}` : 'Back soon'}</p>
}

const options = { url: 'http://localhost:8787', key: 'flags_client_local' }
createRoot(document.querySelector('#root') as Element).render(
  <FlagsProvider options={options} context={{ userId: 'u-42' }}>
    <Checkout />
  </FlagsProvider>,
)
