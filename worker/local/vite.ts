import { join } from 'node:path'
import { root } from './settings.ts'

/** The paths that the Worker answers; the same as `run_worker_first` in wrangler.toml. */
const WORKER_PATHS = ['/api', '/v1', '/ofrep', '/health', '/openapi.json']

/** Serves the admin UI from its sources, with reload, and passes the Worker's paths on to it. */
export const serveAdminUi = async (
  port: number,
  workerUrl: string,
): Promise<{ readonly close: () => Promise<void> }> => {
  const { createServer } = await import('vite')
  const server = await createServer({
    configFile: join(root, 'admin-ui/vite.config.ts'),
    logLevel: 'warn',
    clearScreen: false,
    server: {
      port,
      strictPort: true,
      host: 'localhost',
      proxy: Object.fromEntries(WORKER_PATHS.map((path) => [path, { target: workerUrl }])),
    },
  })
  return server.listen()
}
