'use client'
import { useFlag, useVariant } from '@indietix/flags/react'

export const Checkout = () => {
  const isNew = useFlag('feature.new_checkout')
  const design = useVariant('checkout-redesign')
  return <p id="checkout">{`${isNew ? 'New' : 'Old'} checkout ${design ?? 'as always'}`}</p>
}
