/** How a dump's stored bytes become what pg_dump wrote, by the private key that the configuration names. */
import { makeDumpDecoder } from '../codec/decode.ts'
import type { Environment } from '../config/environment.ts'
import type { Dump } from '../config/estate-dumps.ts'
import { readSecret } from '../config/secret.ts'
import type { CatalogEntry } from '../domain/dump/catalog.ts'
import { LandfallError } from '../domain/errors.ts'

export type Decode = (stored: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>

/** Throws USAGE where it is encrypted and no `identity` is configured, before anything is fetched. */
export async function decoderFor(dump: Dump, { name }: Pick<CatalogEntry, 'name'>, env: Environment): Promise<Decode> {
  const { encryption, compression } = name
  if (encryption !== 'none' && dump.identity === undefined) {
    throw new LandfallError('USAGE', `it is encrypted by ${encryption}, and ${dump.name} has no identity`, {
      hint: 'Name the private key as `dumps[].identity`, or fetch it as it is stored.',
    })
  }
  const identity =
    encryption === 'none' ? undefined : await readSecret(dump.identity!, `dumps.${dump.name}.identity`, env)
  const decoder = await makeDumpDecoder({ identity, path: env['PATH'] ?? '' })
  return (stored) => decoder.decode(stored, { encryption, compression })
}
