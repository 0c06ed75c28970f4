// Finds the servers that test/real talks to, and gets those that are missing: from Debian, where this is Debian and we are
// root, and Unleash from npm, into a folder of its own. One line for each: `ok NAME VERSION` or `missing NAME get it: COMMAND`.
// With CI=true a missing one is an error. Clusters are never installed: the tests of Kubernetes use the one in $KUBECONFIG.
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Name of the program, and of its Debian package. */
const components = ['prometheus', 'victoria-metrics', 'haproxy']
const install = (names) => ['apt-get', 'install', '-y', '--no-install-recommends', ...names]

/** Daemons are often outside of a user's PATH. @returns {string | undefined} the program's path */
export function find(name) {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin']
  return folders.map((folder) => join(folder, name)).find((file) => existsSync(file))
}

function version(file) {
  const { stdout, stderr } = spawnSync(file, [file.endsWith('haproxy') ? '-v' : '--version'], { encoding: 'utf8' })
  return /\d+\.\d+\S*/.exec(`${stdout}${stderr}`)?.[0] ?? '(tells no version)'
}

function installMissing() {
  const missing = components.filter((name) => find(name) === undefined)
  if (missing.length === 0 || process.getuid?.() !== 0 || find('apt-get') === undefined) return
  const options = { stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } }
  for (const [command, ...args] of [['apt-get', 'update'], install(missing)]) {
    try {
      execFileSync(command, args, options)
    } catch {
      return // what is missing still is said below
    }
  }
}

const unleash = fileURLToPath(new URL('./unleash', import.meta.url))
const setup = ['run', 'setup', '--silent', '--prefix', unleash]
const isUnleashThere = () => existsSync(join(unleash, 'node_modules', 'unleash-server'))

function sayUnleash() {
  if (!isUnleashThere()) spawnSync('npm', setup, { stdio: ['ignore', 'ignore', 'inherit'] })
  if (isUnleashThere()) return console.log('ok unleash-server (from npm)')
  console.log('missing unleash-server get it: npm run setup --prefix test/real/unleash')
  if (process.env.CI === 'true') process.exitCode = 1
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  installMissing()
  sayUnleash()
  for (const name of components) {
    const file = find(name)
    console.log(file ? `ok ${name} ${version(file)}` : `missing ${name} get it: ${install([name]).join(' ')}`)
    if (file === undefined && process.env.CI === 'true') process.exitCode = 1
  }
}
