import type { Participant } from './objects/participant/participant.ts'
import type { Publisher } from './objects/publisher/publisher.ts'

/** The bindings of wrangler.toml, and the secrets of a deployment. */
export type Env = {
  readonly DB: D1Database
  readonly SNAPSHOTS: KVNamespace
  readonly PUBLISHER: DurableObjectNamespace<Publisher>
  readonly PARTICIPANT: DurableObjectNamespace<Participant>
  /** Origins whose pages may evaluate, separated by commas. Unset: any origin. */
  readonly ALLOWED_ORIGINS?: string
  /** Days for which raw exposures and events are kept. Unset: for ever. */
  readonly RETENTION_DAYS?: string
  /** The place of D1 (`weur`, `apac`, …), for the Publisher. Unset: Cloudflare chooses. */
  readonly LOCATION?: string
  /** The area that the objects never leave (`eu`, `us`, `fedramp`). Unset: any. */
  readonly JURISDICTION?: string
  /** The name of this environment in the console. Unset: none is shown. */
  readonly ENVIRONMENT_NAME?: string
  /** Its colour: `red`, `amber`, `green` or `blue`. */
  readonly ENVIRONMENT_TONE?: string
  /** The consoles of other environments: `staging=https://…`, separated by commas. */
  readonly ENVIRONMENTS?: string
  /** The running version of the Worker. Cloudflare makes a new one with each deployment. */
  readonly VERSION?: WorkerVersionMetadata
  /** Rate limits (middleware/limits.ts). A limit without a binding does not apply. */
  readonly EVALUATION_LIMIT?: RateLimit
  readonly PARTICIPATION_LIMIT?: RateLimit
  readonly VISITOR_LIMIT?: RateLimit
  readonly ADMIN_LIMIT?: RateLimit
  readonly SIGN_IN_LIMIT?: RateLimit
  readonly BREAK_GLASS_LIMIT?: RateLimit
  /** `https://TEAM.cloudflareaccess.com`, and the audience tag of the application; both, or sign-in by Access is off. */
  readonly ACCESS_TEAM_DOMAIN?: string
  readonly ACCESS_AUD?: string
  /** `wrangler secret put ADMIN_TOKEN`: signs in the first admin, and authorizes break-glass. */
  readonly ADMIN_TOKEN?: string
  /** Secrets of user tokens, as a key names them: `USER_TOKEN_SECRET`, or with a suffix. */
  readonly [secret: `USER_TOKEN_SECRET${string}`]: string | undefined
}
