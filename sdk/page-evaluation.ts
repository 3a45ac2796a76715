import type { Bundles } from './bundles.ts'
import type { LoadEvents } from './loader.ts'
import type { Settings } from './options.ts'
import type { Post } from './request.ts'

export type EvaluateLocally = (
  settings: Settings,
  post: Post,
  events: LoadEvents,
  remote: Bundles,
) => Bundles

/** What the package's build for pages and React Native has in place of local evaluation. */
export const evaluateLocally: EvaluateLocally = ({ warn }, _post, _events, remote) => {
  warn(
    'evaluation',
    "evaluation: 'local' needs a server key, which a page or an app must not have. The service evaluates.",
  )
  return remote
}
