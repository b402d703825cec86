// SPDX-License-Identifier: MIT
//
// Batches over tiles. What a result is computed from never depends on the number of threads: a tile's results depend on
// its rows alone, and a gradient is summed over chunks whose number depends on the batch and the model only.

#include "runtime/model/Instance.h"
#include "runtime/model/Memory.h"
#include "runtime/model/Tasks.h"

#include <new>

namespace flowc::runtime::model {

template <typename T> Instance<T> *Instance<T>::create(const Kernels<T> &kernels, flowrt_dtype dtype) {
  void *memory = malloc(sizeof(Instance));
  if (!memory)
    return nullptr;
  auto *instance = new (memory) Instance();
  instance->dtype = dtype;
  instance->kernels = kernels;
  instance->step.measure(kernels);
  const flowrt_kernel_info &info = *kernels.info;
  instance->parameters = allocate<T>(info.parameters);
  instance->staged = allocate<T>(info.staged);
  instance->result = allocate<T>(info.parameters);
  instance->moments = allocate<T>(2 * int64_t(roundUp(size_t(info.probes) * sizeof(T)) / sizeof(T)));
  if (!instance->parameters || !instance->staged || !instance->result || !instance->moments ||
      instance->setThreads(0) != FLOWRT_OK) {
    instance->destroy();
    return nullptr;
  }
  return instance;
}

template <typename T> void Instance<T>::destroy() {
  for (int64_t i = 0; i < workerCount; ++i)
    free(workers[i].memory);
  step.release(kernels.segmentCount - 1);
  free(workers);
  free(parameters);
  free(staged);
  free(result);
  free(moments);
  free(this);
}

template <typename T> bool Instance<T>::growWorkers(int64_t count) {
  if (count <= workerCount)
    return true;
  auto *grown = static_cast<Worker<T> *>(realloc(workers, size_t(count) * sizeof(Worker<T>)));
  if (!grown)
    return false;
  workers = grown;
  const flowrt_kernel_info &info = *kernels.info;
  auto padded = [](int64_t elements) { return int64_t(roundUp(size_t(elements) * sizeof(T)) / sizeof(T)); };
  int64_t lanes = info.tile > info.training_tile ? info.tile : info.training_tile;
  int64_t lane = padded(lanes), given = padded((1 + step.mostOutputs) * lanes);
  int64_t in = padded((info.features + info.context + info.noise) * lanes);
  int64_t out = padded((info.features > info.probes ? info.features : info.probes) * info.tile);
  for (; workerCount < count; ++workerCount) {
    T *at = allocate<T>(in + out + given + lane + info.workspace);
    if (!at)
      return false;
    T *density = at + in + out, *weight = density + given;
    workers[workerCount] = {at, at + in, density, weight, weight + lane, at};
  }
  return true;
}

template <typename T> flowrt_status Instance<T>::setThreads(int64_t count) {
  count = smaller(count > 0 ? count : defaultThreads(), MaxThreads);
  if (!growWorkers(count))
    return FLOWRT_NO_MEMORY;
  threads = count;
  return FLOWRT_OK;
}

template <typename T> void Instance<T>::fillContext(Worker<T> &worker, const T *context, TileRange range) const {
  const flowrt_kernel_info &info = *kernels.info;
  T *out = worker.in + info.features * range.lanes;
  if (!info.label) {
    rowsToTile(context + range.firstRow * info.context, range.valid, info.context, range.lanes, out);
    return;
  }
  memset(out, 0, size_t(info.context * range.lanes) * sizeof(T));
  for (int64_t s = 0; s < range.lanes; ++s) {
    T label = context[range.firstRow + smaller(s, range.valid - 1)];
    out[int64_t(label) * range.lanes + s] = T(1);
  }
}

template <typename T> void Instance<T>::fill(Worker<T> &worker, Given<T> from, TileRange range) const {
  const flowrt_kernel_info &info = *kernels.info;
  rowsToTile(from.rows + range.firstRow * info.features, range.valid, info.features, range.lanes, worker.in);
  if (info.context)
    fillContext(worker, from.context, range);
}

template <typename T> void Instance<T>::fillNoise(Worker<T> &worker, TileRange range) const {
  const flowrt_kernel_info &info = *kernels.info;
  uniformTile(this->noiseSeed, this->firstNoise + uint64_t(range.firstRow), RandomStream::Estimate, info.noise, range.lanes,
              worker.in + (info.features + info.context) * range.lanes);
}

template <typename T> flowrt_status Instance<T>::setParameters(const T *values) {
  copy(parameters, values, kernels.info->parameters);
  kernels.stage(parameters, staged, workers[0].workspace);
  this->hasParameters = true;
  return FLOWRT_OK;
}

template <typename T> flowrt_status Instance<T>::judge(Judge kernel, Given<T> in, int64_t rows, T *out) {
  forEach(tilesIn(rows), [&](Worker<T> &worker, int64_t index) {
    TileRange range = rangeOf(index, rows);
    fill(worker, in, range);
    kernel(staged, worker.in, worker.density, worker.workspace);
    copy(out + range.firstRow, worker.density, range.valid);
  });
  return FLOWRT_OK;
}

template <typename T> flowrt_status Instance<T>::logProb(Given<T> x, int64_t rows, T *logProb) {
  return judge(kernels.logProb, x, rows, logProb);
}

template <typename T> flowrt_status Instance<T>::objective(Given<T> in, int64_t rows, T *objective) {
  return judge(kernels.objective, in, rows, objective);
}

template <typename T> flowrt_status Instance<T>::target(Given<T> x, int64_t rows, T *logDensity) {
  return kernels.target ? judge(kernels.target, x, rows, logDensity) : FLOWRT_NO_TARGET;
}

template <typename T> flowrt_status Instance<T>::map(Map kernel, Given<T> in, int64_t rows, T *out, T *density) {
  int64_t features = kernels.info->features, tile = kernels.info->tile;
  forEach(tilesIn(rows), [&](Worker<T> &worker, int64_t index) {
    TileRange range = rangeOf(index, rows);
    fill(worker, in, range);
    kernel(staged, worker.in, worker.out, worker.density, worker.workspace);
    tileToRows(worker.out, range.valid, features, tile, out + range.firstRow * features);
    if (density)
      copy(density + range.firstRow, worker.density, range.valid);
  });
  return FLOWRT_OK;
}

template <typename T> flowrt_status Instance<T>::toLatent(Given<T> x, int64_t rows, T *z, T *logDet) {
  return map(kernels.toLatent, x, rows, z, logDet);
}

template <typename T> flowrt_status Instance<T>::toData(Given<T> z, int64_t rows, T *x, T *logDet) {
  return map(kernels.toData, z, rows, x, logDet);
}

template <typename T>
flowrt_status Instance<T>::sample(const T *context, uint64_t seed, uint64_t firstSample, int64_t count, T *x, T *logProb) {
  int64_t features = kernels.info->features, tile = kernels.info->tile;
  forEach(tilesIn(count), [&](Worker<T> &worker, int64_t index) {
    TileRange range = rangeOf(index, count);
    uniformTile(seed, firstSample + uint64_t(range.firstRow), RandomStream::Sample, features, tile, worker.in);
    if (kernels.info->context)
      fillContext(worker, context, range);
    kernels.sample(staged, worker.in, worker.out, worker.density, worker.workspace);
    tileToRows(worker.out, range.valid, features, tile, x + range.firstRow * features);
    if (logProb)
      copy(logProb + range.firstRow, worker.density, range.valid);
  });
  return FLOWRT_OK;
}

/// Two passes in double over the tiles in order: the mean first, then the deviation from it.
template <typename T> flowrt_status Instance<T>::probe(Given<T> x, int64_t rows, T *mean, T *deviation) {
  const flowrt_kernel_info &info = *kernels.info;
  double *sums = allocate<double>(2 * info.probes);
  if (!sums)
    return FLOWRT_NO_MEMORY;
  double *means = sums, *squares = sums + info.probes;
  for (int pass = 0; pass < 2; ++pass) {
    for (int64_t index = 0; index < tilesIn(rows); ++index) {
      TileRange range = rangeOf(index, rows);
      fill(workers[0], x, range);
      kernels.probe(staged, workers[0].in, workers[0].out, workers[0].workspace);
      for (int64_t p = 0; p < info.probes; ++p)
        for (int64_t s = 0; s < range.valid; ++s) {
          double value = double(workers[0].out[p * info.tile + s]);
          if (pass == 0)
            means[p] += value;
          else
            squares[p] += (value - means[p]) * (value - means[p]);
        }
    }
    for (int64_t p = 0; p < info.probes && rows > 0; ++p)
      (pass == 0 ? means : squares)[p] /= double(rows);
  }
  for (int64_t p = 0; p < info.probes; ++p) {
    mean[p] = T(means[p]);
    deviation[p] = T(__builtin_sqrt(squares[p]));
  }
  free(sums);
  return FLOWRT_OK;
}

template <typename T> flowrt_status Instance<T>::start(const T *mean, const T *deviation, T *values) {
  const flowrt_kernel_info &info = *kernels.info;
  T *deviations = moments + roundUp(size_t(info.probes) * sizeof(T)) / sizeof(T);
  copy(moments, mean, info.probes);
  copy(deviations, deviation, info.probes);
  copy(result, values, info.parameters);
  kernels.start(moments, deviations, result, workers[0].workspace);
  copy(values, result, info.parameters);
  return FLOWRT_OK;
}

template class Instance<float>;
template class Instance<double>;

} // namespace flowc::runtime::model
