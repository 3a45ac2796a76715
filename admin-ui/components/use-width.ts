import { useSignal } from '@preact/signals'
import { useLayoutEffect, useRef } from 'preact/hooks'

const LEAST = 240

/** Measures the width of an element. A chart drawn at this width needs no scaled text. */
export const useWidth = () => {
  const element = useRef<HTMLDivElement>(null)
  const width = useSignal(LEAST)
  useLayoutEffect(() => {
    const measured = element.current
    if (!measured) return
    const measure = () => {
      width.value = Math.max(LEAST, Math.floor(measured.clientWidth))
    }
    measure()
    const observer = new ResizeObserver(measure)
    observer.observe(measured)
    return () => observer.disconnect()
  }, [])
  return { element, width: width.value }
}
