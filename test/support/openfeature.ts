import { OFREPProvider } from '@openfeature/ofrep-provider'
import { OpenFeature, type Client } from '@openfeature/server-sdk'
import { credential } from './server-api.ts'

/** The official server SDK with the official OFREP provider, as their documentation shows. */
export const serverClient = async (
  baseUrl: string,
  key: string = credential.server,
): Promise<Client> => {
  const domain = crypto.randomUUID()
  const provider = new OFREPProvider({ baseUrl, headers: [['Authorization', `Bearer ${key}`]] })
  await OpenFeature.setProviderAndWait(domain, provider)
  return OpenFeature.getClient(domain)
}
