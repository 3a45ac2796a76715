import { demoKeys } from '../../schema/demo.ts'

const credentials = demoKeys.map(({ kind, secret }) => `    ${kind.padEnd(8)} ${secret}`).join('\n')

/** The text at the end of a start: the addresses, the credentials and the first commands. */
export const welcome = (url: string): string => `
  IndieTix Flags is up.

    admin UI ${url}            (sign in with a token below)
    API      ${url}            (described in ${url}/openapi.json)
    health   ${url}/health

  Local credentials
${credentials}

  Evaluate the flags for a user
    curl -s ${url}/v1/flags/evaluate -H 'Authorization: Bearer flags_client_local' \\
      -H 'Content-Type: application/json' -d '{"context":{"userId":"u-42"}}'

  Switch booking off, then evaluate again
    curl -s -X PATCH ${url}/api/flags/booking.enabled -H 'Authorization: Bearer flags_admin_local' \\
      -H 'Content-Type: application/json' -d '{"enabled":false}'

  Ctrl-C stops it; the data is kept.
`
