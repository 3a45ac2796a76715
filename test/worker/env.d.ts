import type { D1Migration } from 'cloudflare:test'
import type { Env as WorkerEnv } from '../../worker/env.ts'
import type * as worker from '../../worker/index.ts'

declare global {
  namespace Cloudflare {
    interface Env extends WorkerEnv {
      MIGRATIONS: D1Migration[]
    }
    interface GlobalProps {
      mainModule: typeof worker
    }
  }
}

declare module 'vitest' {
  interface ProvidedContext {
    chaos: { readonly first: number; readonly runs: number; readonly isLoud: boolean }
    fuzz: { readonly attacks: number }
    recount: { readonly histories: number }
    race: { readonly calls: number }
  }
}
