/** The year of a day, counted from 1970-01-01, in the proleptic Gregorian calendar and with a year 0. */
export function yearOfDays(days: number): number {
  return civil(days).year
}

/** Months from 1970-01 to the month of a day; negative before. */
export function monthOfDays(days: number): number {
  const { year, month } = civil(days)
  return (year - 1970) * 12 + month
}

const daysPerEra = 146_097

/** Whole eras of 400 years, counted from a first of March, so that a leap day ends its year. Exact beyond `Date`'s range. */
function civil(days: number): { readonly year: number; readonly month: number } {
  const fromMarch = days + 719_468
  const era = Math.floor(fromMarch / daysPerEra)
  const dayOfEra = fromMarch - era * daysPerEra
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1_460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  )
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153)
  const month = (monthFromMarch + 2) % 12
  return { year: yearOfEra + era * 400 + (month < 2 ? 1 : 0), month }
}
