import { beforeAll, describe, expect, it } from 'vitest'
import { setFlag } from '../support/published.ts'
import { installApp } from './install-app.ts'

/* The packed SDK in the tools that look at packages, in Jest 30, with React 18 and with older TypeScript. */

beforeAll(() => setFlag('booking.enabled', { enabled: true, rollout: 100, killSwitch: true }))

describe('Package', () => {
  it('has no problem that publint finds', async () => {
    const app = await installApp('checks')
    expect(app.run('node_modules/.bin/publint', '--strict', app.tarball)).toContain('All good!')
  })

  it('has types that TypeScript finds in every resolution, as attw says', async () => {
    const app = await installApp('checks')
    const output = app.run('node_modules/.bin/attw', '--no-emoji', app.tarball)
    expect(output).toContain('No problems found')
  })

  it.each(['node10', 'node16', 'bundler'])(
    'compiles with TypeScript 5.0 and React 18 by resolution %s',
    async (resolution) => {
      const app = await installApp('checks')
      const module = resolution === 'node16' ? 'node16' : 'esnext'
      const options = ['--moduleResolution', resolution, '--module', module, '-p', '.']
      expect(app.run('node_modules/.bin/tsc', ...options)).toBe('')
    },
  )

  it('runs in Jest 30: in node, and with React 18 in jsdom', async () => {
    const app = await installApp('checks')
    expect(() => app.run('node_modules/.bin/jest', '--ci')).not.toThrow()
  })
})
