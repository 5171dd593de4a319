import { test } from 'vitest'
import { expectCode } from '../harness.testsuite.ts'
import { waitFor } from '../index.ts'

test.each(['', 'two words', 'order.', 'order/paid', 'x'.repeat(201), 'a; ls'])(
  'nobody can emit an event called %j, so nobody may wait for it',
  async (name) => {
    await expectCode(waitFor(name), 'OPTION_INVALID')
  },
)

test('the key of an event is kept, so it has an end', async () => {
  await expectCode(waitFor('order.paid', { key: 'k'.repeat(1_001) }), 'OPTION_INVALID')
})
