export { colorFrom, type Environment } from './environment.ts'
export { cancelCause, errorLine, errorLines, firstUserFrame, isCancellation } from './error-text.ts'
export { justify, type Line, lineWidth, paintLine, type Span, span } from './line.ts'
export { logLines } from './log-line.ts'
export { painter, type Paint, type Style } from './paint.ts'
export { countText, progressText } from './progress-bar.ts'
export type { ReportClock, ReportStream } from './report-stream.ts'
export {
  createReporter,
  modeFrom,
  type ReporterMode,
  type ReporterOptions,
  reporterFromEnvironment,
} from './reporter.ts'
export { shortId } from './short-id.ts'
export { stateGlyph, stateWord } from './state-glyph.ts'
export { clipText, textWidth } from './text-width.ts'
