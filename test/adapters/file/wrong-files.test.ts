import { execFileSync } from 'node:child_process'
import { chmod, mkdir, mkdtemp, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { verifyFileJournal } from '../../../adapters/file/index.js'
import { logIn, openForTest, record, temporaryHome } from './fixture.js'

test.each([
  ['a directory', (path: string) => mkdir(path), 'not a regular file'],
  ['a symbolic link', (path: string) => symlink('/etc/hostname', path), 'not a regular file'],
  ['a dangling link', (path: string) => symlink('nowhere', path), 'not a regular file'],
  ['a FIFO', async (path: string) => execFileSync('mkfifo', [path]), 'not a regular file'],
  ['a device that is always full', (path: string) => symlink('/dev/full', path), 'not a regular file'],
  ['a read-only file', (path: string) => writeFile(path, '', { mode: 0o400 }), 'read-only'],
  ['a file that everybody can write to', (path: string) => writeFile(path, '').then(() => chmod(path, 0o666)), 'by others'],
])('%s in place of the log is a clear error', async (_, place, reason) => {
  const home = await temporaryHome()
  await place(logIn(home))
  const refusal = { code: 'journal/failed', message: expect.stringContaining(reason) }
  await expect(openForTest(home)).rejects.toMatchObject(refusal)
  await expect(stat(join(home, 'lock'))).rejects.toMatchObject({ code: 'ENOENT' })
  if (reason === 'not a regular file') await expect(verifyFileJournal(home)).rejects.toMatchObject(refusal)
})

test('an empty file is an empty journal', async () => {
  const home = await temporaryHome()
  await writeFile(logIn(home), '', { mode: 0o600 })
  expect(await verifyFileJournal(home)).toMatchObject({ records: 0, bytes: 0 })
  await (await openForTest(home)).append(record('checkout', 1))
})

test('a directory that others can write to is refused', async () => {
  const home = await temporaryHome()
  await chmod(home, 0o777)
  await expect(openForTest(home)).rejects.toMatchObject({
    code: 'journal/failed',
    message: expect.stringContaining('chmod go-w'),
  })
})

test('a file in place of the directory, and a journal that does not exist, are clear errors', async () => {
  const home = await temporaryHome()
  await writeFile(join(home, 'file'), '')
  await expect(openForTest(join(home, 'file'))).rejects.toMatchObject({ code: 'journal/failed', details: { code: 'EEXIST' } })
  await expect(verifyFileJournal(join(home, 'nowhere'))).rejects.toMatchObject({
    code: 'journal/failed',
    details: { code: 'ENOENT' },
  })
})

test('two names of one directory are one journal', async () => {
  const home = await mkdtemp(join(await temporaryHome(), 'real-'))
  await symlink(home, `${home}-alias`)
  await openForTest(home)
  await expect(openForTest(`${home}-alias`)).rejects.toMatchObject({ code: 'journal/locked' })
})
