import sparticuz from '@sparticuz/chromium'
import { chromium, type Browser } from 'playwright-core'

/** On Linux a Chromium that npm brought, which needs no system package; elsewhere the Chrome that is installed. */
export const launchChromium = async (): Promise<Browser> =>
  process.platform === 'linux'
    ? chromium.launch({
        executablePath: await sparticuz.executablePath(),
        // Chromium's sandbox refuses to run as root, which containers and CI do.
        args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
      })
    : chromium.launch({ channel: 'chrome' })
