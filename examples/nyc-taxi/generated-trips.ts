import { seededRandom } from './seeded-random.ts'

export type Color = 'yellow' | 'green'

export interface GeneratedMonth {
  readonly color: Color
  readonly year: number
  readonly month: number
  readonly rows: number
}

/**
 * A month of made-up trips as CSV text, in pieces of about 64 KiB. The same month is always the same text.
 *
 * It drifts from month to month as the real files do: `tpep_` or `lpep_`, no congestion surcharge before 2019, and from
 * July 2019 on a last block of trips about which the vendor sent little; a month with such gaps has its ids as 1.0, 2.0.
 */
export function* generateMonth(month: GeneratedMonth): Generator<string> {
  const random = seededRandom(`${month.color}/${month.year}/${month.month}`)
  const drift = driftOf(month)
  const line = month.color === 'yellow' ? yellowLine : greenLine
  const start = Date.UTC(month.year, month.month - 1) / 1_000
  const length = Date.UTC(month.year, month.month) / 1_000 - start
  const firstGap = Math.round(month.rows * (1 - drift.gaps))
  let piece = `${headerOf(month.color, drift)}\n`
  for (let row = 0; row < month.rows; row++) {
    const pickup = start + Math.floor(((row + random()) / month.rows) * length)
    piece += line(tripAt(pickup, random), drift, row >= firstGap)
    if (piece.length >= 65_536) {
      yield piece
      piece = ''
    }
  }
  yield piece
}

interface Drift {
  /** The share of trips without vendor, passengers, rate code and payment. */
  readonly gaps: number
  /** What ids end with. */
  readonly idEnd: '' | '.0'
  readonly congestion: boolean
}

function driftOf({ color, year, month }: GeneratedMonth): Drift {
  const hasGaps = year > 2019 || (year === 2019 && month >= 7)
  const share = color === 'yellow' ? 0.07 : 0.26
  return { gaps: hasGaps ? share : 0, idEnd: hasGaps ? '.0' : '', congestion: year >= 2019 }
}

function headerOf(color: Color, { congestion }: Drift): string {
  const last = congestion ? ',congestion_surcharge' : ''
  if (color === 'yellow') {
    return `VendorID,tpep_pickup_datetime,tpep_dropoff_datetime,passenger_count,trip_distance,RatecodeID,store_and_fwd_flag,PULocationID,DOLocationID,payment_type,fare_amount,extra,mta_tax,tip_amount,tolls_amount,improvement_surcharge,total_amount${last}`
  }
  return `VendorID,lpep_pickup_datetime,lpep_dropoff_datetime,store_and_fwd_flag,RatecodeID,PULocationID,DOLocationID,passenger_count,trip_distance,fare_amount,extra,mta_tax,tip_amount,tolls_amount,ehail_fee,improvement_surcharge,total_amount,payment_type,trip_type${last}`
}

/** Money in cents, distance in hundredths of a mile, times in seconds. */
interface GeneratedTrip {
  readonly vendor: number
  readonly pickup: number
  readonly dropoff: number
  readonly passengers: number
  readonly distance: number
  readonly rateCode: number
  readonly from: number
  readonly to: number
  readonly payment: number
  readonly fare: number
  readonly extra: number
  readonly tip: number
  readonly tolls: number
}

function tripAt(pickup: number, random: () => number): GeneratedTrip {
  const distance = Math.min(4_000, Math.floor(-Math.log(1 - random()) * 290))
  const seconds = 120 + Math.floor(distance * (2.4 + random() * 2))
  const fare = 250 + Math.floor(distance * 2.5) + 50 * Math.floor(random() * 6)
  const payment = random() < 0.7 ? 1 : 2
  const isAirport = random() < 0.02
  return {
    vendor: random() < 0.67 ? 2 : 1,
    pickup,
    dropoff: pickup + seconds,
    passengers: passengersAt(random()),
    distance,
    rateCode: isAirport ? 2 : 1,
    from: 1 + Math.floor(random() * 263),
    to: 1 + Math.floor(random() * 263),
    payment,
    fare,
    extra: extraAt(pickup),
    tip: payment === 1 ? Math.floor(fare * 0.05 * Math.floor(random() * 6)) : 0,
    tolls: isAirport ? 612 : 0,
  }
}

/** Two in a hundred drivers forget to count. */
function passengersAt(chance: number): number {
  if (chance < 0.02) return 0
  if (chance < 0.74) return 1
  if (chance < 0.89) return 2
  return 3 + Math.floor((chance - 0.89) * 36)
}

function extraAt(pickup: number): number {
  const hour = Math.floor(pickup / 3_600) % 24
  if (hour >= 20 || hour < 6) return 50
  return hour >= 16 ? 100 : 0
}

function yellowLine(trip: GeneratedTrip, drift: Drift, gap: boolean): string {
  const end = drift.idEnd
  const id = (value: number): string => (gap ? '' : value + end)
  return `${id(trip.vendor)},${moment(trip.pickup)},${moment(trip.dropoff)},${id(trip.passengers)},${money(trip.distance)},${id(trip.rateCode)},${gap ? '' : 'N'},${trip.from},${trip.to},${id(trip.payment)},${amounts(trip)},0.3,${total(trip, drift)}${surcharge(drift, gap)}\n`
}

function greenLine(trip: GeneratedTrip, drift: Drift, gap: boolean): string {
  const end = drift.idEnd
  const id = (value: number): string => (gap ? '' : value + end)
  return `${id(trip.vendor)},${moment(trip.pickup)},${moment(trip.dropoff)},${gap ? '' : 'N'},${id(trip.rateCode)},${trip.from},${trip.to},${id(trip.passengers)},${money(trip.distance)},${amounts(trip)},,0.3,${total(trip, drift)},${id(trip.payment)},${id(1)}${surcharge(drift, gap)}\n`
}

function amounts(trip: GeneratedTrip): string {
  return `${money(trip.fare)},${money(trip.extra)},0.5,${money(trip.tip)},${money(trip.tolls)}`
}

function total(trip: GeneratedTrip, { congestion }: Drift): string {
  return money(trip.fare + trip.extra + 80 + trip.tip + trip.tolls + (congestion ? 250 : 0))
}

function surcharge(drift: Drift, gap: boolean): string {
  if (!drift.congestion) return ''
  return gap ? ',' : ',2.5'
}

const moneyTexts = Array.from({ length: 20_000 }, (_, cents) => String(cents / 100))

function money(cents: number): string {
  return moneyTexts[cents] ?? String(cents / 100)
}

const twoDigits = Array.from({ length: 60 }, (_, value) => String(value).padStart(2, '0'))

let lastDay = -1
let lastDayText = ''

/** `2020-04-30 23:59:59`. Trips come in the order of their days: the day's text is made once. */
function moment(seconds: number): string {
  const day = Math.floor(seconds / 86_400)
  if (day !== lastDay) {
    lastDay = day
    lastDayText = new Date(day * 86_400_000).toISOString().slice(0, 10)
  }
  const second = seconds - day * 86_400
  return `${lastDayText} ${twoDigits[Math.floor(second / 3_600)]}:${twoDigits[Math.floor(second / 60) % 60]}:${twoDigits[second % 60]}`
}
