import sparticuz from '@sparticuz/chromium'
import { chromium, type Browser } from 'playwright-core'

/** A headless browser says so, and the service then takes it for a crawler: its exposures would count nowhere. */
const USER_AGENT =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/153.0.0.0 Safari/537.36'

/** On Linux a Chromium that npm brought, which needs no system package; elsewhere the Chrome that is installed. */
export const launchChromium = async (): Promise<Browser> => {
  const args = [`--user-agent=${USER_AGENT}`]
  return process.platform === 'linux'
    ? chromium.launch({
        executablePath: await sparticuz.executablePath(),
        // Chromium's sandbox refuses to run as root, which containers and CI do.
        args: process.getuid?.() === 0 ? [...args, '--no-sandbox'] : args,
      })
    : chromium.launch({ channel: 'chrome', args })
}
