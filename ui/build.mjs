// Makes what pages load out of src/: `node build.mjs FOLDER`. hub/cli/assets.py calls it.
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as esbuild from 'esbuild'
import * as sass from 'sass'

const here = dirname(fileURLToPath(import.meta.url))
const out = process.argv[2] ?? join(here, 'build')
const modules = join(here, 'node_modules')
const inter = join(modules, '@fontsource-variable', 'inter')
// Browsers with light-dark(), popover and dialog.
const target = ['chrome123', 'edge123', 'firefox125', 'safari17.5']

// The parts of the typeface for European languages in Latin letters: other scripts look well in the
// system's own, and a first visit that shows all of them would be heavy.
async function typeface() {
  const sheet = await readFile(join(inter, 'wght.css'), 'utf8')
  const faces = sheet.match(/@font-face\s*{[^}]*}/g) ?? []
  return faces.filter((face) => /inter-latin(-ext)?-wght/.test(face)).join('\n')
}

async function styles() {
  const { css } = sass.compile(join(here, 'src', 'hub.scss'), { loadPaths: [modules] })
  await esbuild.build({
    stdin: {
      contents: `${css}\n${await typeface()}`,
      loader: 'css',
      resolveDir: inter,
    },
    outfile: join(out, 'hub.css'),
    bundle: true,
    minify: true,
    target,
    loader: { '.woff2': 'file' },
    assetNames: 'fonts/[name]',
    logLevel: 'warning',
  })
}

async function scripts() {
  await esbuild.build({
    entryPoints: ['hub.js', 'theme.js'].map((name) => join(here, 'src', name)),
    outdir: out,
    bundle: true,
    minify: true,
    format: 'iife',
    target,
    logLevel: 'warning',
  })
}

// One file with a symbol for each icon that some page uses.
async function icons() {
  const names = JSON.parse(await readFile(join(here, 'src', 'icons.json'), 'utf8'))
  const symbols = await Promise.all(
    names.map(async (name) => {
      const file = join(modules, '@tabler', 'icons', 'icons', 'outline', `${name}.svg`)
      const body = (await readFile(file, 'utf8')).replace(/^[\s\S]*?<svg[^>]*>|<\/svg>\s*$/g, '')
      const drawn = body.replace(/\s*\n\s*/g, '')
      return `<symbol id="${name}" viewBox="0 0 24 24">${drawn}</symbol>`
    }),
  )
  const sprite = `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join('')}</svg>\n`
  await writeFile(join(out, 'icons.svg'), sprite)
}

await rm(out, { recursive: true, force: true })
await mkdir(out, { recursive: true })
await Promise.all([
  styles(),
  scripts(),
  icons(),
  cp(join(here, 'src', 'favicon.svg'), join(out, 'favicon.svg')),
])
