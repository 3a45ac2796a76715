import { useSignal } from '@preact/signals'
import { useLayoutEffect, useRef } from 'preact/hooks'

const LEAST = 240

/** How wide an element is, in pixels, and stays so: what is drawn at this width needs no scaling of its text. */
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
