import { expect, test } from 'vitest'
import { sayCount, sayNumber, sayPercent } from '../../src/analysis/wording.js'

test('numbers for people have four digits, groups of three, and their unit', () => {
  expect([0, 999, 41_237, 1_234_567.8].map(sayCount)).toEqual(['0', '999', '41,237', '1,234,568'])
  expect([0, 0.001_388_88, 812.44, 3_600, -41_237].map((value) => sayNumber(value))).toEqual([
    '0',
    '0.001389',
    '812.4',
    '3,600',
    '-41,240',
  ])
  expect(sayNumber(812.44, 'ms')).toBe('812.4 ms')
  expect(sayPercent(0.0125)).toBe('1.25 %')
})
