import type { Participant } from './objects/participant/participant.ts'
import type { Publisher } from './objects/publisher/publisher.ts'

/** What wrangler.toml binds, and the secrets that a deployment may set. */
export type Env = {
  readonly DB: D1Database
  readonly SNAPSHOTS: KVNamespace
  readonly PUBLISHER: DurableObjectNamespace<Publisher>
  readonly PARTICIPANT: DurableObjectNamespace<Participant>
  /** Origins whose pages may evaluate, separated by commas; any when it is not set. */
  readonly ALLOWED_ORIGINS?: string
  /** Days for which raw exposures and events are kept; for ever when it is not set. */
  readonly RETENTION_DAYS?: string
  /** Limits of how often (middleware/limits.ts); what is not bound is not limited. */
  readonly EVALUATION_LIMIT?: RateLimit
  readonly PARTICIPATION_LIMIT?: RateLimit
  readonly VISITOR_LIMIT?: RateLimit
  readonly ADMIN_LIMIT?: RateLimit
  readonly SIGN_IN_LIMIT?: RateLimit
  readonly BREAK_GLASS_LIMIT?: RateLimit
  /** `https://TEAM.cloudflareaccess.com`, and the audience tag of the application; both, or Access signs nobody in. */
  readonly ACCESS_TEAM_DOMAIN?: string
  readonly ACCESS_AUD?: string
  /** `wrangler secret put ADMIN_TOKEN`: signs in the first admin, who then creates keys for everyone else; breaks the glass. */
  readonly ADMIN_TOKEN?: string
  /** What user tokens are signed with, where a key names it: `USER_TOKEN_SECRET`, or with a word behind it. */
  readonly [secret: `USER_TOKEN_SECRET${string}`]: string | undefined
}
