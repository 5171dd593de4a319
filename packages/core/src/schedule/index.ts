export { type CatchUp, decideFiring, type Firing, type FiringDecision, type FiringInput } from './decide-firing.ts'
export { describeSchedule } from './describe-schedule.ts'
export { fires, nextFire, previousFire } from './fires.ts'
export { parseSchedule } from './parse-schedule.ts'
export type {
  CronOptions,
  CronSchedule,
  IntervalOptions,
  IntervalSchedule,
  Schedule,
  ScheduleOptions,
} from './schedule.ts'
