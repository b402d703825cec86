// SPDX-License-Identifier: MIT
//
// A step of training: forward through the segments, each over the whole batch, since a statistic over it is wanted behind each; then back
// from the last one. Every segment computes its part again before it goes back through it, so that between segments only what they hand on
// is kept. Sums over samples have an order of their own: by lane, by tile, by chunk.

#include "runtime/model/Instance.h"
#include "runtime/model/Memory.h"
#include "runtime/model/Tasks.h"

namespace flowc::runtime::model {
namespace {

/// At most so many private gradients: enough to keep that many threads busy, few enough to be summed cheaply.
constexpr int64_t MaxChunks = 16;

/// Elements that one work item of the reduction sums: whole cache lines, few enough to stay in the cache over the
/// chunks.
constexpr int64_t ReductionGrain = 4096;

/// The moments of a tile's samples. The mean first, then the distances from it: both sums are of numbers of one size.
template <typename T> void takeMoments(const T *values, int64_t rows, const T *weight, int64_t tile, Moments to) {
  double total = 0;
  for (int64_t s = 0; s < tile; ++s)
    total += double(weight[s]);
  *to.weight = total;
  for (int64_t row = 0; row < rows; ++row) {
    const T *at = values + row * tile;
    double sum = 0, squares = 0;
    for (int64_t s = 0; s < tile; ++s)
      sum += weight[s] > T(0) ? double(weight[s]) * double(at[s]) : 0.0;
    double mean = total > 0 ? sum / total : 0.0;
    for (int64_t s = 0; s < tile; ++s)
      squares += weight[s] > T(0) ? double(weight[s]) * (double(at[s]) - mean) * (double(at[s]) - mean) : 0.0;
    to.mean[row] = mean;
    to.squares[row] = squares;
  }
}

/// The moments of two groups of samples together (Chan, Golub and LeVeque).
void addMoments(Moments to, Moments more, int64_t rows) {
  double total = *to.weight + *more.weight;
  if (!(*more.weight > 0))
    return;
  for (int64_t row = 0; row < rows; ++row) {
    double distance = more.mean[row] - to.mean[row];
    to.mean[row] += distance * (*more.weight / total);
    to.squares[row] += more.squares[row] + distance * distance * (*to.weight * *more.weight / total);
  }
  *to.weight = total;
}

} // namespace

template <typename T> int64_t Instance<T>::gradientChunks(int64_t tiles) const {
  const flowrt_kernel_info &info = *kernels.info;
  int64_t wanted = tiles / info.chunk_tiles;
  return smaller(smaller(wanted > info.least_chunks ? wanted : info.least_chunks, tiles), MaxChunks);
}

template <typename T> const T *Instance<T>::beginSegment(int64_t k, Worker<T> &worker, int64_t index, const Batch<T> &batch) {
  int64_t tile = kernels.info->training_tile;
  TileRange range = rangeOf(index, batch.rows, tile);
  for (int64_t s = 0; s < tile; ++s)
    worker.weight[s] = s >= range.valid ? T(0) : batch.weight ? batch.weight[range.firstRow + s] : T(1);
  if (k > 0)
    return step.carried[k - 1] + index * kernels.segments[k - 1].outputs * tile;
  fill(worker, batch.in, range);
  fillNoise(worker, range);
  return worker.in;
}

template <typename T> void Instance<T>::runSegment(int64_t k, const Batch<T> &batch) {
  const flowrt_segment &segment = kernels.segments[k];
  int64_t tile = kernels.info->training_tile, tiles = tilesOf(batch.rows, tile);
  forEach(tiles, [&](Worker<T> &worker, int64_t index) {
    const T *in = beginSegment(k, worker, index, batch);
    T *out = step.carried[k] + index * segment.outputs * tile;
    kernels.segment(k)(staged, in, out, worker.workspace);
    takeMoments(out, segment.probed, worker.weight, tile, step.momentsOf(index));
  });
  Moments all = step.momentsOf(0);
  for (int64_t index = 1; index < tiles; ++index)
    addMoments(all, step.momentsOf(index), segment.probed);
  step.weight = *all.weight;
  for (int64_t row = 0; row < segment.probed && step.weight > 0; ++row) {
    staged[segment.mean + row] = T(all.mean[row]);
    staged[segment.variance + row] = T(all.squares[row] / step.weight);
  }
}

/// Adds to the adjoint of what a segment gave what it owes to the statistics that were taken of it: a sample's share in the mean is its
/// part of the weight, and in the variance twice that times its distance from the mean.
template <typename T> void Instance<T>::addStatisticsAdjoint(int64_t k, const Worker<T> &worker, int64_t index) {
  const flowrt_segment &segment = kernels.segments[k];
  int64_t tile = kernels.info->training_tile;
  if (!(step.weight > 0))
    return;
  for (int64_t row = 0; row < segment.probed; ++row) {
    T *adjoint = step.adjointOf(index, tile) + row * tile;
    const T *value = step.carried[k] + (index * segment.outputs + row) * tile;
    T mean = staged[segment.mean + row];
    T byMean = T(step.slopes[row] / step.weight), byVariance = T(2 * step.slopes[step.mostProbed + row] / step.weight);
    for (int64_t s = 0; s < tile; ++s)
      adjoint[s] += worker.weight[s] * (byMean + byVariance * (value[s] - mean));
  }
}

template <typename T>
void Instance<T>::accumulateChunk(int64_t k, Worker<T> &worker, int64_t chunk, int64_t chunks, const Batch<T> &batch) {
  int64_t tile = kernels.info->training_tile, tiles = tilesOf(batch.rows, tile);
  bool isLast = k + 1 == kernels.segmentCount;
  if (isLast)
    memset(step.partials[chunk], 0, size_t(kernels.info->staged) * sizeof(T));
  for (int64_t index = chunk * tiles / chunks; index < (chunk + 1) * tiles / chunks; ++index) {
    const T *in = beginSegment(k, worker, index, batch), *arrived = worker.weight;
    if (!isLast) {
      addStatisticsAdjoint(k, worker, index);
      arrived = step.adjointOf(index, tile);
    }
    kernels.segmentGradient(k)(staged, in, arrived, worker.density, step.partials[chunk], worker.workspace);
    if (TileRange range = rangeOf(index, batch.rows, tile); isLast && batch.objective)
      copy(batch.objective + range.firstRow, worker.density, range.valid);
    if (k > 0)
      copy(step.adjointOf(index, tile), worker.density + (isLast ? tile : 0), kernels.segments[k - 1].outputs * tile);
  }
}

template <typename T> void Instance<T>::reducePartials(int64_t chunks) {
  int64_t size = kernels.info->staged;
  forEach((size + ReductionGrain - 1) / ReductionGrain, [&](Worker<T> &, int64_t item) {
    int64_t first = item * ReductionGrain, end = smaller(first + ReductionGrain, size);
    for (int64_t chunk = 1; chunk < chunks; ++chunk) {
      const T *from = step.partials[chunk];
      T *to = step.partials[0];
      for (int64_t i = first; i < end; ++i)
        to[i] += from[i];
    }
  });
}

/// The gradient by the statistics behind segment k, all of whose readers have been gone back through.
template <typename T> void Instance<T>::sumSlopes(int64_t k, int64_t chunks) {
  const flowrt_segment &segment = kernels.segments[k];
  for (int64_t row = 0; row < segment.probed; ++row) {
    double byMean = 0, byVariance = 0;
    for (int64_t chunk = 0; chunk < chunks; ++chunk) {
      byMean += double(step.partials[chunk][segment.mean + row]);
      byVariance += double(step.partials[chunk][segment.variance + row]);
    }
    step.slopes[row] = byMean;
    step.slopes[step.mostProbed + row] = byVariance;
  }
}

template <typename T>
flowrt_status Instance<T>::gradient(Given<T> in, const T *weight, int64_t rows, T *objective, T *gradient) {
  Batch<T> batch{in, weight, rows, objective};
  int64_t tiles = tilesOf(rows, kernels.info->training_tile), chunks = gradientChunks(tiles), last = kernels.segmentCount - 1;
  memset(result, 0, size_t(kernels.info->parameters) * sizeof(T));
  if (chunks > 0) {
    if (!step.growPartials(chunks, MaxChunks, kernels.info->staged) || !step.growTiles(tiles, kernels))
      return FLOWRT_NO_MEMORY;
    for (int64_t k = 0; k < last; ++k)
      runSegment(k, batch);
    for (int64_t k = last; k >= 0; --k) {
      if (k < last)
        sumSlopes(k, chunks);
      forEach(chunks, [&](Worker<T> &worker, int64_t chunk) { accumulateChunk(k, worker, chunk, chunks, batch); });
    }
    if (chunks > 1)
      reducePartials(chunks);
    kernels.stageAdjoint(parameters, step.partials[0], result, workers[0].workspace);
  }
  copy(gradient, result, kernels.info->parameters);
  return FLOWRT_OK;
}

template <typename T> flowrt_status Instance<T>::statistics(T *values) {
  if (!kernels.statistics)
    return FLOWRT_OK;
  copy(result, values, kernels.info->parameters);
  kernels.statistics(staged, result, workers[0].workspace);
  copy(values, result, kernels.info->parameters);
  return FLOWRT_OK;
}

template flowrt_status Instance<float>::gradient(Given<float>, const float *, int64_t, float *, float *);
template flowrt_status Instance<double>::gradient(Given<double>, const double *, int64_t, double *, double *);
template flowrt_status Instance<float>::statistics(float *);
template flowrt_status Instance<double>::statistics(double *);

} // namespace flowc::runtime::model
