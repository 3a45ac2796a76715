import { reset } from 'cloudflare:test'
import { vi } from 'vitest'
import { migrate } from '../support/migrate.ts'

/* Files share a workerd. Each begins with new modules, an empty storage and the real clock. */

vi.useRealTimers()
vi.unstubAllGlobals()
vi.resetModules()
await reset()
await migrate()
