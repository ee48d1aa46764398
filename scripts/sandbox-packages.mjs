// Prints the folders of the packages that sandbox/ imports, with all that they need, from package-lock.json: for the
// image target `demo`, which carries the sandbox but none of the other development packages.
import { readFileSync } from 'node:fs'

const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8'))
const wanted = new Set()

function want(name, from) {
  // As Node looks: beside the one who asks, then further out.
  for (let folder = from; ; folder = folder.replace(/(^|\/)node_modules\/[^/]+(\/[^/]+)?$/, '')) {
    const path = `${folder === '' ? '' : `${folder}/`}node_modules/${name}`
    const found = packages[path]
    if (found !== undefined) {
      if (wanted.has(path)) return
      wanted.add(path)
      for (const needed of Object.keys(found.dependencies ?? {})) want(needed, path)
      return
    }
    if (folder === '') throw new Error(`${name} is not in package-lock.json`)
  }
}

// Named here, since the image's build has no sandbox/ at that point; test/unit/repository.test.ts holds it against the imports.
const SANDBOX_PACKAGES = ['fast-xml-parser']
for (const name of SANDBOX_PACKAGES) want(name, '')
process.stdout.write(`${[...wanted].join(' ')}\n`)
