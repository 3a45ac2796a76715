import { env } from 'cloudflare:workers'

/** The type of `env` is that of this Worker's bindings, which `lib` does not import. */
// oxlint-disable-next-line typescript/no-unsafe-type-assertion
const getVersion = () => (env as { readonly VERSION?: WorkerVersionMetadata }).VERSION?.id

/** Logs an alarm for operators. It names the version of the Worker, because two run during a gradual deployment. */
export const raiseAlarm = (event: `alarm.${string}`, facts: object = {}): void =>
  console.error({ event, ...facts, workerVersion: getVersion() ?? null })
