const groupsOf = (part: string): string[] => (part === '' ? [] : part.split(':'))

/** The first 64 bits of an IPv6 address: whoever has one address there has them all. */
const networkOf = (address: string): string => {
  const [head = '', tail] = address.toLowerCase().split('::')
  const [first, last] = [groupsOf(head), groupsOf(tail ?? '')]
  const zeros = Array.from({ length: Math.max(0, 8 - first.length - last.length) }, () => '0')
  const groups = [...first, ...zeros, ...last].map((group) => group.replace(/^0+(?=.)/, ''))
  return `${groups.slice(0, 4).join(':')}::/64`
}

/**
 * Who connects: an IPv4 address, or an IPv6 network. Cloudflare sets it, whatever the client sends; without it nothing
 * is limited by address.
 */
export const visitorOf = ({ headers }: Request): string | undefined => {
  const address = headers.get('CF-Connecting-IP') ?? undefined
  const isIPv6 = address !== undefined && address.includes(':') && !address.includes('.')
  return isIPv6 ? networkOf(address) : address
}
