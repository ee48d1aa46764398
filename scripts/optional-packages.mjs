// Prints the folders of node_modules that are there by package.json's optionalDependencies alone, by npm's own record:
// for the image target `production`, which adds them to those of `slim`.
import { existsSync, readFileSync } from 'node:fs'

const { packages } = JSON.parse(readFileSync('node_modules/.package-lock.json', 'utf8'))
const folders = Object.entries(packages)
  .filter(([path, { optional }]) => optional === true && existsSync(path))
  .map(([path]) => path)
process.stdout.write(`${folders.join(' ')}\n`)
