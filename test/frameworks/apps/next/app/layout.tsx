import { FlagsProvider } from '@indietix/flags/react'
import { cookies } from 'next/headers'
import type { ReactNode } from 'react'
import { flags, url } from './flags'

export default async function Layout({ children }: { children: ReactNode }) {
  const context = { userId: (await cookies()).get('visitor')?.value }
  const bootstrap = await flags.getBundle(context)
  return (
    <html lang="en">
      <body>
        <FlagsProvider options={{ url, key: 'flags_client_local' }} {...{ context, bootstrap }}>
          {children}
        </FlagsProvider>
      </body>
    </html>
  )
}
