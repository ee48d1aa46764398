import { describe, expect, test } from 'vitest'
import { knowsRestrict, originOf, parsePgVersion, serverUnfit, toolUnfit } from '../../../src/domain/dump/fit.ts'

const version = (text: string) => parsePgVersion(text)!

describe('whether a tool may restore a dump', () => {
  test.each([
    // psql, pg_dump, server: why not
    ['15.20', '15.20', '15.20', undefined],
    ['15.19', '15.20', '15.20', /pg_dump 15\.20, and psql here is 15\.19/],
    ['16.10', '15.20', '15.20', undefined],
    ['15.20', '16.10', '16.10', /pg_dump 16\.10/],
    ['18.0', '17.9', '12.4', undefined],
    ['16.9', '12.4', '12.4', /CVE-2025-8714/],
    ['12.22', '12.4', '12.4', /CVE-2025-8714/],
    ['17.6', undefined, undefined, undefined],
    ['15.20', undefined, '18beta1', /server 18beta1/],
  ])('psql %s, made by pg_dump %s of a server %s', (psql, pgDump, server, why) => {
    const origin = { pgDump: pgDump && version(pgDump), server: server && version(server) }
    const said = toolUnfit('psql', version(psql), origin as never)
    if (why === undefined) expect(said).toBeUndefined()
    else expect(said).toMatch(why)
  })

  test('pg_restore runs no commands of the machine: its age alone matters', () => {
    expect(toolUnfit('pg_restore', version('12.4'), { pgDump: version('12.4') })).toBeUndefined()
  })

  test('a server of an older major version is refused, of a newer one not', () => {
    expect(serverUnfit(version('15.20'), { server: version('16.1') })).toContain('16.1')
    expect(serverUnfit(version('17.0'), { server: version('16.1') })).toBeUndefined()
    expect(serverUnfit(version('15.1'), {})).toBeUndefined()
  })

  test('versions as they are written, and the first lines of a dump', () => {
    expect(parsePgVersion('15.20 (Debian 15.20-0+deb12u1)')).toEqual({ major: 15, minor: 20, text: '15.20' })
    expect(parsePgVersion('devel')).toBeUndefined()
    expect(originOf('--\n-- Dumped from database version 12.4\n-- Dumped by pg_dump version 15.20 (Debian)\n')).toEqual(
      {
        server: { major: 12, minor: 4, text: '12.4' },
        pgDump: { major: 15, minor: 20, text: '15.20' },
      },
    )
    expect([13, 14, 15, 16, 17, 18].map((major) => knowsRestrict(version(`${major}.10`)))).toEqual([
      false,
      false,
      false,
      true,
      true,
      true,
    ])
  })
})
