/** Keys as the marketplace writes them, by kind of bucket; some with the characters that break careless programs. */
import type { Chance } from './chance.ts'

const FRAMEWORKS = ['g-cloud-12', 'g-cloud-11', 'digital-outcomes-and-specialists-4'] as const
const DOCUMENTS = [
  'pricing-document',
  'service-definition-document',
  'sfia-rate-document',
  'terms-and-conditions-document',
] as const
const ODD = [
  'réponses (final) 100% + annexe.pdf',
  'Q&A – clarification answers.pdf',
  'plan ☂ 2026.odt',
  'a=b&c d.csv',
  '..%2f..%2fetc.pdf',
] as const

const id = (chance: Chance, digits: number): string => Array.from({ length: digits }, () => chance.below(10)).join('')

const KINDS: Readonly<Record<string, (chance: Chance) => string>> = {
  documents: (chance) =>
    `${chance.pick(FRAMEWORKS)}/documents/${id(chance, 6)}/${id(chance, 15)}-${chance.pick(DOCUMENTS)}-2026-11-${10 + chance.below(20)}-${1000 + chance.below(1400)}.pdf`,
  communications: (chance) =>
    `${chance.pick(FRAMEWORKS)}/communications/updates/communications/${id(chance, 6)}-${chance.pick(ODD)}`,
  submissions: (chance) =>
    `${chance.pick(FRAMEWORKS)}/submissions/${id(chance, 6)}/${id(chance, 15)}-${chance.pick(DOCUMENTS)}.pdf`,
  agreements: (chance) =>
    `${chance.pick(FRAMEWORKS)}/agreements/${id(chance, 6)}/${id(chance, 6)}-${chance.pick(['signed', 'countersigned'])}-framework-agreement.pdf`,
  backups: (chance) => `${chance.pick(['production', 'staging', 'preview'])}-2026${id(chance, 8)}.sql.gz.gpg`,
}

/** A new key for a pair; the pair's name says its kind (`documents-production`), any other kind gets documents. */
export function keyFor(pair: string, chance: Chance): string {
  const kind = Object.keys(KINDS).find((name) => pair.includes(name)) ?? 'documents'
  return KINDS[kind]!(chance)
}
