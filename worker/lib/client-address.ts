const splitGroups = (part: string): string[] => (part === '' ? [] : part.split(':'))

/** The first 64 bits of an IPv6 address: one subscriber usually has all addresses of such a network. */
const toNetwork = (address: string): string => {
  const [head = '', tail] = address.toLowerCase().split('::')
  const [first, last] = [splitGroups(head), splitGroups(tail ?? '')]
  const zeros = Array.from({ length: Math.max(0, 8 - first.length - last.length) }, () => '0')
  const groups = [...first, ...zeros, ...last].map((group) => group.replace(/^0+(?=.)/, ''))
  return `${groups.slice(0, 4).join(':')}::/64`
}

/**
 * The IPv4 address or IPv6 network of a client. Cloudflare sets the header and overwrites what a client sends; without
 * the header, no limit by address applies.
 */
export const getClientAddress = ({ headers }: Request): string | undefined => {
  const address = headers.get('CF-Connecting-IP') ?? undefined
  const isIPv6 = address !== undefined && address.includes(':') && !address.includes('.')
  return isIPv6 ? toNetwork(address) : address
}
