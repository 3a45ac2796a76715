import { useFlag, useVariant } from '@indietix/flags/react'

export default function Home() {
  const isOpen = useFlag('booking.enabled', true)
  const design = useVariant('checkout-redesign')
  return <p id="checkout">{isOpen ? `Checkout ${design ?? 'as always'}` : 'Back soon'}</p>
}
