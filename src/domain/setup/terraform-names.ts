/** Names of Terraform's resources and providers. Pure (Terraform, "Resource blocks": letters, digits, `_`, `-`). */

const CITIES: Readonly<Record<string, string>> = {
  'eu-west-1': 'ireland',
  'eu-west-2': 'london',
  'eu-west-3': 'paris',
  'eu-central-1': 'frankfurt',
  'eu-central-2': 'zurich',
  'eu-north-1': 'stockholm',
  'eu-south-1': 'milan',
  'eu-south-2': 'spain',
  'us-east-1': 'virginia',
  'us-east-2': 'ohio',
  'us-west-1': 'california',
  'us-west-2': 'oregon',
  'ca-central-1': 'montreal',
  'ap-northeast-1': 'tokyo',
  'ap-southeast-1': 'singapore',
  'ap-southeast-2': 'sydney',
  'ap-south-1': 'mumbai',
}

/** As teams call their providers: `aws.ireland`, `aws.london`; others by their region. */
export const aliasOf = (region: string): string => CITIES[region] ?? labelOf(region)

/** Begins with a letter or `_`; two names that differ in other characters alone become one only where both are in use. */
export function labelOf(name: string): string {
  const label = name.replaceAll(/[^A-Za-z0-9_]/g, '_')
  return /^[A-Za-z_]/.test(label) ? label : `_${label}`
}
