import { createFlagsClient } from '@indietix/flags'
import { FlagsProvider } from '@indietix/flags/react'
import { Outlet, Scripts, useLoaderData } from 'react-router'

const url = 'http://localhost:8787'
const options = { url, key: 'flags_client_local' }
const flags = createFlagsClient(options)

export const loader = async ({ request }: { request: Request }) => {
  const userId = new URL(request.url).searchParams.get('user')
  return { context: { userId }, bootstrap: await flags.getBundle({ userId }) }
}

export default function Root() {
  return (
    <html lang="en">
      <body>
        <FlagsProvider options={options} {...useLoaderData<typeof loader>()}>
          <Outlet />
        </FlagsProvider>
        <Scripts />
      </body>
    </html>
  )
}
