// SPDX-License-Identifier: MIT
//
// Running statistics: `running m = mean(x)`. Everywhere but in training they are parameters that nobody learns, and they begin as
// data-dependent starts do.

#include "dsl/Elaborator.h"
#include "dsl/TreePrinter.h"

namespace flowc::dsl {

std::pair<Value, Value> Elaborator::probe(const TensorThing &value, SourceLocation loc) {
  auto found = probes.find(value.value.id);
  if (found == probes.end())
    found = probes.emplace(value.value.id, builder.startProbe(value.value, loc)).first;
  return found->second;
}

std::optional<RunningStatistic> Elaborator::readStatistic(const ExprPtr &expr, const Scope &scope) {
  bool isMean = expr->text == "mean", isVariance = expr->text == "variance", isCall = expr->kind == ExprKind::Call;
  if (isCall && expr->text == "deviation")
    return fail(Kind::BadStatistic, expr->loc,
                "the deviation has no slope where nothing varies; take the `variance`, and the root of it plus a small number");
  if (!isCall || (!isMean && !isVariance))
    return fail(Kind::BadStatistic, expr->loc, "expected `mean(x)` or `variance(x)`, but `{}` is none", printExpr(*expr));
  RunningStatistic statistic{isMean ? RunningStatistic::Kind::Mean : RunningStatistic::Kind::Variance};
  const std::vector<Argument> &arguments = expr->arguments;
  if (arguments.empty() || arguments.size() > 2)
    return fail(arguments.empty() ? Kind::MissingArgument : Kind::TooManyArguments, expr->loc,
                "`{}` takes a vector, and how much of the old value stays at every step, as in `{}(x, 0.9)`", expr->text, expr->text);
  if (!arguments[0].name.empty())
    return fail(Kind::UnknownArgument, arguments[0].nameLoc, "`{}` has no argument `{}`", expr->text, arguments[0].name);
  if (arguments.size() == 1)
    return statistic;
  if (!arguments[1].name.empty() && arguments[1].name != "momentum")
    return fail(Kind::UnknownArgument, arguments[1].nameLoc, "`{}` has no argument `{}`; it has `momentum`", expr->text, arguments[1].name);
  auto momentum = evaluate(arguments[1].value, scope);
  if (!momentum)
    return std::nullopt;
  const double *number = momentum->as<double>();
  if (!number || !(*number >= 0 && *number < 1))
    return failFor(*momentum, Kind::BadStatistic, arguments[1].value->loc,
                   "how much of the old value stays at every step is a number from 0 to below 1, not {}",
                   number ? fmt::format("{}", *number) : momentum->describe());
  statistic.momentum = *number;
  return statistic;
}

MaybeThing Elaborator::runningStatistic(const Target &target, const ExprPtr &expr, const Scope &scope) {
  auto statistic = readStatistic(expr, scope);
  if (!statistic)
    return std::nullopt;
  const ExprPtr &operand = expr->arguments[0].value;
  auto given = evaluate(operand, scope);
  auto value = given ? vector(*given, operand->loc, "what a statistic is taken of") : std::nullopt;
  if (!value)
    return std::nullopt;
  if (inEnergy)
    return fail(Kind::BadStatistic, target.loc,
                "an energy has no statistics: it is what the flow learns to resemble; give numbers instead");
  if (drawsSamples)
    return fail(Kind::BadStatistic, target.loc,
                "`{}` is a statistic of data, but with the objective `reverse_kl` the flow learns from its own samples; a layer such as "
                "`actnorm` has none",
                target.name);
  if (startRule != StartRule::FromData)
    return fail(Kind::BadStatistic, target.loc,
                "`{}` is a statistic of what enters a layer on the way from data to latent, but this layer {}; write the layer the other "
                "way round",
                target.name, startRule == StartRule::Wrong ? "is generative" : "stands in an `inverse(...)`");
  std::string name = uniquePath(target.name);
  Value stored = builder.runningStatistic(name, value->value, value->shape, *statistic, target.loc);
  auto [mean, deviation] = probe(*value, expr->loc);
  bool isMean = statistic->kind == RunningStatistic::Kind::Mean;
  builder.startParameter(name, isMean ? mean : apply("square", {deviation}, expr->loc), target.loc);
  if (!isMean)
    stored = builder.constrained(stored, {0, std::numeric_limits<double>::infinity(), /*lowOpen=*/false}, target.loc);
  return Thing{TensorThing{stored, value->shape}};
}

bool Elaborator::declareStatistics(const Statement &statement, Scope &scope) {
  for (size_t i = 0; i < statement.targets.size(); ++i) {
    const Target &target = statement.targets[i];
    if (!isFree(target.name, target.loc, scope))
      return false;
    MaybeThing value = runningStatistic(target, statement.value->items[i], scope);
    if (!value)
      return false;
    nameThing(*value, target.name);
    scope.insert_or_assign(target.name, *value);
  }
  return true;
}

} // namespace flowc::dsl
