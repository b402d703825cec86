// SPDX-License-Identifier: MIT
//
// What a conditional model gives for rows with contexts of their own, against the same rows one by one.

#include "runtime/selftest/Subject.h"

#include <cmath>

namespace flowc::runtime {

std::vector<Verdict> testContexts(Subject &subject, uint64_t seed) {
  const Context &context = subject.manifest->context;
  constexpr int64_t Rows = 65;
  if (!context)
    return {};
  Values before = subject.contexts, contexts = randomContexts(*subject.manifest, seed, 1, Rows);
  size_t features = subject.features(), columns = size_t(context.columns());
  Values ignored, thereDet, backDet, gradient;
  subject.setContexts(contexts);
  Values x = subject.sample(seed, 400, Rows, ignored), density = subject.logProb(x), z = subject.toLatent(x, thereDet);
  Values back = subject.toData(z, backDet), in = trainingRows(subject, seed, 400, Rows);
  subject.gradient(in, {}, gradient);
  Worst alone("rows have their own contexts", subject, 0), sum("gradient over contexts = sum over rows", subject, subject.choose(1e-9, 2e-3));
  Values gradients(gradient.size()), scale(gradient.size());
  for (size_t row = 0; row < size_t(Rows); ++row) {
    auto part = [&](const Values &rows, size_t width) {
      return Values(rows.begin() + std::ptrdiff_t(row * width), rows.begin() + std::ptrdiff_t((row + 1) * width));
    };
    subject.setContexts(part(contexts, columns));
    Values det, one, single = subject.sample(seed, 400 + row, 1, ignored), latent = subject.toLatent(part(x, features), det);
    alone.compare(subject.logProb(part(x, features))[0], density[row], row);
    alone.compare(det[0], thereDet[row], row);
    Values data = subject.toData(part(z, features), det);
    alone.compare(det[0], backDet[row], row);
    for (size_t i = 0; i < features; ++i) {
      alone.compare(single[i], x[row * features + i], row);
      alone.compare(latent[i], z[row * features + i], row);
      alone.compare(data[i], back[row * features + i], row);
    }
    subject.setNoise(row);
    subject.gradient(part(in, features), {}, one);
    for (size_t k = 0; k < one.size(); ++k) {
      gradients[k] += one[k];
      scale[k] += std::abs(one[k]);
    }
  }
  for (size_t k = 0; k < gradient.size(); ++k) // relative to what was added, not to what is left of it
    sum.compare(gradient[k] / (1 + scale[k]), gradients[k] / (1 + scale[k]), k);
  subject.setContexts(before);
  subject.setNoise(0);
  if (subject.manifest->takesStatistics) // They are what makes rows depend on each other.
    return {alone.verdict()};
  return {alone.verdict(), sum.verdict()};
}

} // namespace flowc::runtime
