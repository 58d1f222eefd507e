// Ids in Kafka's form: 16 random bytes in base64url without padding, 22 characters of which the last carries 2 bits.

const ID_BITS = 128
const CHAR_BITS = 6
const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

export function randomId(random: () => number): string {
  let id = ''
  for (let bits = CHAR_BITS; bits <= ID_BITS; bits += CHAR_BITS) id += BASE64URL.charAt(Math.floor(random() * 64))
  return id + BASE64URL.charAt(Math.floor(random() * 4) * 16)
}
