import * as z from 'zod'

const HOST = String.raw`[a-z0-9_-]+(\.[a-z0-9_-]+)*`
const PORT = String.raw`(:[1-9]\d{0,4})?`

/** The form that browsers send: lower case, no path, no trailing slash, no default port. */
const WEB = String.raw`(?!https:.*:443$|http:.*:80$)https?:\/\/(${HOST}|\[[0-9a-f:]+\])${PORT}`

/** Webviews of Capacitor, Ionic and Tauri, and Electron's usual scheme. */
const WEBVIEW = String.raw`(capacitor|ionic|tauri):\/\/${HOST}|app:\/\/[a-z0-9._-]+`
const EXTENSION = String.raw`chrome-extension:\/\/[a-p]{32}|moz-extension:\/\/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`

/** One label stands for any. At least two follow it, because `https://*.com` would be the pages of everybody. */
const WILDCARD = String.raw`(?!.*:443$)https:\/\/\*(\.[a-z0-9_-]+){2,}${PORT}`

const ORIGIN = new RegExp(`^(${[WEB, WEBVIEW, EXTENSION, WILDCARD].join('|')})$`)
const WILDCARD_ORIGIN = new RegExp(`^${WILDCARD}$`)

/** An origin of pages, or of many with one wildcard label. */
export const Origin = z.string().max(128).regex(ORIGIN, {
  error:
    'use an origin as browsers send it, such as https://app.example, capacitor://localhost or https://*.preview.example',
})

/** Whether an origin that a browser sent is the listed one. A wildcard stands for exactly one label of the host. */
export const matchesOrigin = (listed: string, origin: string): boolean => {
  if (!WILDCARD_ORIGIN.test(listed)) return listed === origin
  const [start = '', end = ''] = listed.split('*')
  return (
    origin.startsWith(start) &&
    origin.endsWith(end) &&
    /^[a-z0-9_-]+$/.test(origin.slice(start.length, -end.length))
  )
}
