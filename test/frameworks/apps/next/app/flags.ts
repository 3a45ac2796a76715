import { createServerFlagsClient } from '@indietix/flags/server'

export const url = 'http://localhost:8787'
export const flags = createServerFlagsClient({ url, key: 'flags_server_local' })
