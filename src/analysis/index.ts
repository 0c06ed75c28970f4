/** Canary analysis, usable without the rest: judges that may look as often as they like, and the statistics behind them. @module */

export { type RandomSource, xoshiro128 } from '../vocabulary/xoshiro128.js'
// Measurements as they come from the world
export { difference } from './cumulative.js'
export { boschlooExact } from './fixed/boschloo-exact.js'
export { cles } from './fixed/cles.js'
export { fisherExact, type TwoByTwo } from './fixed/fisher-exact.js'
export { type HodgesLehmann, type HodgesLehmannOptions, hodgesLehmann } from './fixed/hodges-lehmann.js'
export type { Insufficient } from './fixed/insufficient.js'
export { type KolmogorovSmirnov, ksTwoSample } from './fixed/ks-two-sample.js'
// Statistics for one look
export { type Alternative, type MannWhitney, type MannWhitneyOptions, mannWhitneyU } from './fixed/mann-whitney-u.js'
export { pAdjust } from './fixed/p-adjust.js'
export type { Proportion } from './fixed/proportion.js'
export { type ProportionScore, proportionScoreTest } from './fixed/proportion-score-test.js'
export { quantiles } from './fixed/quantile.js'
export { type QuantileRatioOptions, quantileRatioInterval } from './fixed/quantile-ratio-interval.js'
export { type WelchT, welchT } from './fixed/welch-t.js'
export { wilsonInterval } from './fixed/wilson-interval.js'
export type { Judge } from './judge.js'
export {
  classifyKayentaMetric,
  type KayentaClass,
  type KayentaClassification,
  type KayentaMetric,
  type KayentaScore,
  type KayentaSettings,
  type KayentaState,
  kayentaJudge,
  kayentaScore,
  kayentaSettingsSchema,
  type ScoredMetric,
} from './kayenta-judge.js'
export { checkMeasurement, type MeasurementOrigin, measurementFlaw } from './measurement-check.js'
export { type Bake, type BakeWarning, bakeWarning, whatCouldBeSeen } from './planning/bake.js'
// How long to watch
export { type Detection, type DetectionQuestion, detection, type Exposure } from './planning/detection.js'
export { type InformationRate, informationRate, type Tolerance } from './planning/information-rate.js'
export { type RecommendedStep, recommendSteps, recommendWeight } from './planning/recommend.js'
export { type RuleJudgeOptions, type RuleState, ruleJudge, type Seen } from './rule-judge.js' // by a function of your own
export { type BernoulliState, bernoulliEProcess } from './sequential/bernoulli-e-process.js'
export { type Calibration, calibrate, decorrelationBlock } from './sequential/calibrate.js'
// The methods behind the sequential judge, one by one
export { type CountEProcess, countEProcess, type Pace } from './sequential/count-e-process.js'
export type { Counts, Margin } from './sequential/count-factors.js'
export { type DeadlineState, deadlineLook, drawOf, firstDeadlineState } from './sequential/deadline-test.js'
export { differenceConfidence, firstDifferenceState, observeDifference } from './sequential/difference-confidence.js'
export { dirichletMultinomial } from './sequential/dirichlet-multinomial.js'
export { bucketTables, type ExceedanceTable, sampleTables } from './sequential/exceedance-table.js'
export { initialWealth, type NodeMixture, nodeMixture, redistribute, type Wealth } from './sequential/node-mixture.js'
export { quantileConfidence } from './sequential/quantile-confidence.js'
export { anyLevel, everyLevel, rankExceedance } from './sequential/rank-exceedance.js'
export { firstRatioLikelihood, observeRatio, ratioConfidence } from './sequential/ratio-confidence.js'
export { firstSampleRatioWealth, sampleRatio } from './sequential/sample-ratio.js'
export { type SequentialSettings, sequentialSettingsSchema } from './sequential/sequential-settings.js'
export { firstSignState, type SignState, signSymmetric } from './sequential/sign-symmetric.js'
export { type SequentialState, sequentialJudge } from './sequential-judge.js' // the default
export { pairSeries, reduceSeries, type Series, type SeriesReducer } from './series.js'
export { type BudgetPace, budgetPaceSchema, budgetVerdict } from './slo/budget-gate.js'
export { type BurnWindows, burnVerdict, burnWindows } from './slo/burn-gate.js'
export { burnRate, burnThreshold, errorBudgetLeft } from './slo/burn-rate.js'
// Objectives and error budgets
export { type BurnRule, burnRules, type Objective, objectiveSchema } from './slo/objective.js'
export { type OpenSloIndicator, type OpenSloObjective, readOpenSlo } from './slo/open-slo.js'
export { type Estimate, estimate, sampleCount, statisticSchema } from './statistic.js'
export { type ThresholdSettings, type ThresholdState, thresholdJudge, thresholdSettingsSchema } from './threshold-judge.js'
export { verdictOf } from './verdict-of.js'
