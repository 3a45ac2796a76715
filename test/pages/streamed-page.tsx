import { hydrateRoot } from 'react-dom/client'
import { Streamed, type StreamedProps } from './streamed.tsx'

declare global {
  interface Window {
    streamed: StreamedProps
    /** The errors of React, such as a hydration mismatch. */
    recovered: string[]
    /** Each text that an element with an id had, in order. */
    texts: Record<string, string[]>
  }
}

window.recovered = []
const root = document.querySelector('#root')
if (!root) throw new Error('there is no #root')
hydrateRoot(root, <Streamed {...window.streamed} />, {
  onRecoverableError: (error) => window.recovered.push(String(error)),
})
