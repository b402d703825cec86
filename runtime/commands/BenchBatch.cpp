// SPDX-License-Identifier: MIT

#include "runtime/commands/BenchBatch.h"

#include "runtime/data/Batches.h"
#include "runtime/selftest/Subject.h"

namespace flowc::runtime {

template <typename T> BenchBatch<T> makeBenchBatch(const Manifest &manifest, Model<T> &model, int64_t rows) {
  Values context = randomContexts(manifest, 1, 0, manifest.context ? rows : 0);
  BenchBatch<T> batch;
  batch.context.assign(context.begin(), context.end());
  batch.x = model.sample(rows, 1, 0, {}, batch.context);
  batch.given = manifest.objective.drawsSamples() ? noiseTable<T>(1, RandomStream::Noise, 0, rows, manifest.features).values : batch.x;
  return batch;
}

template BenchBatch<float> makeBenchBatch(const Manifest &, Model<float> &, int64_t);
template BenchBatch<double> makeBenchBatch(const Manifest &, Model<double> &, int64_t);

} // namespace flowc::runtime
