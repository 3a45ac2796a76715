import { applyD1Migrations } from 'cloudflare:test'
import { env } from 'cloudflare:workers'

/** An empty database with all tables. */
export const migrate = () => applyD1Migrations(env.DB, env.MIGRATIONS)
