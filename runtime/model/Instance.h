// SPDX-License-Identifier: MIT
//
// One use of the model on the CPU: staged parameters, and the memory of each worker.

#ifndef FLOWC_RUNTIME_MODEL_INSTANCE_H
#define FLOWC_RUNTIME_MODEL_INSTANCE_H

#include "runtime/model/Backend.h"
#include "runtime/model/Contexts.h"
#include "runtime/model/Kernels.h"
#include "runtime/model/StepMemory.h"
#include "runtime/model/Tile.h"

namespace flowc::runtime::model {

/// The memory that one thread works in; every pointer is aligned to 64 bytes.
template <typename T> struct Worker {
  T *in;      // [features + context + noise][tile]
  T *out;     // [max(features, probes)][tile]
  T *density; // [1 + mostOutputs of a segment][tile], log densities or log-dets, and what a gradient gives back
  T *weight;  // [tile]
  T *workspace;
  void *memory;
};

/// Which rows a tile holds.
struct TileRange {
  int64_t firstRow;
  int64_t valid;
  int64_t lanes; // of the tile
};

/// What a step of training is taken on; `weight` and `objective` may be null.
template <typename T> struct Batch {
  Given<T> in;
  const T *weight;
  int64_t rows;
  T *objective;
};

template <typename T> class Instance final : public Backend<T> {
public:
  /// Null when there is no memory for it.
  static Instance *create(const Kernels<T> &kernels, flowrt_dtype dtype);
  void destroy() final;

  int64_t parameterCount() const final { return kernels.info->parameters; }
  const char *device() const final { return "cpu"; }
  flowrt_status setThreads(int64_t count) final;
  flowrt_status setStream(void *) final { return FLOWRT_NOT_ON_DEVICE; }
  flowrt_status setParameters(const T *values) final;
  flowrt_status checkContext(const T *context, int64_t rows) final { return checkRows(*kernels.info, context, rows); }
  flowrt_status logProb(Given<T> x, int64_t rows, T *logProb) final;
  flowrt_status toLatent(Given<T> x, int64_t rows, T *z, T *logDet) final;
  flowrt_status toData(Given<T> z, int64_t rows, T *x, T *logDet) final;
  flowrt_status sample(const T *context, uint64_t seed, uint64_t first, int64_t count, T *x, T *logProb) final;
  flowrt_status objective(Given<T> in, int64_t rows, T *objective) final;
  flowrt_status target(Given<T> x, int64_t rows, T *logDensity) final;
  flowrt_status gradient(Given<T> in, const T *weight, int64_t rows, T *objective, T *gradient) final;
  flowrt_status statistics(T *values) final;
  flowrt_status probe(Given<T> x, int64_t rows, T *mean, T *deviation) final;
  flowrt_status start(const T *mean, const T *deviation, T *values) final;
  Training<T> *training() final { return nullptr; }

private:
  using Map = void (*)(const T *staged, const T *in, T *out, T *density, T *workspace);

  using Judge = Kernels<T>::Judge;
  using Backend<T>::threads;
  using Backend<T>::parallelFor;
  using Backend<T>::host;

  bool growWorkers(int64_t count);
  int64_t tilesIn(int64_t rows) const { return tilesOf(rows, kernels.info->tile); }
  TileRange rangeOf(int64_t tile, int64_t rows) const { return rangeOf(tile, rows, kernels.info->tile); }
  static int64_t tilesOf(int64_t rows, int64_t lanes) { return (rows + lanes - 1) / lanes; }
  static TileRange rangeOf(int64_t tile, int64_t rows, int64_t lanes) { return {tile * lanes, smaller(lanes, rows - tile * lanes), lanes}; }
  /// Puts a tile of rows where the kernels take it; or their contexts alone.
  void fill(Worker<T> &worker, Given<T> from, TileRange range) const;
  void fillContext(Worker<T> &worker, const T *context, TileRange range) const;
  void fillNoise(Worker<T> &worker, TileRange range) const;
  flowrt_status judge(Judge kernel, Given<T> in, int64_t rows, T *out);
  flowrt_status map(Map kernel, Given<T> in, int64_t rows, T *out, T *density);

  // TrainingStep.cpp
  int64_t gradientChunks(int64_t tiles) const;
  /// Fills the weights of a tile; returns what segment k begins from.
  const T *beginSegment(int64_t k, Worker<T> &worker, int64_t tile, const Batch<T> &batch);
  /// Forward through segment k, which is not the last one, and the statistics behind it.
  void runSegment(int64_t k, const Batch<T> &batch);
  void addStatisticsAdjoint(int64_t k, const Worker<T> &worker, int64_t tile);
  /// Back through segment k for a part of the tiles.
  void accumulateChunk(int64_t k, Worker<T> &worker, int64_t chunk, int64_t chunks, const Batch<T> &batch);
  void sumSlopes(int64_t k, int64_t chunks);
  void reducePartials(int64_t chunks);

  /// Runs body(worker, item) for each item in [0, items), on at most `threads` workers.
  template <typename Body> void forEach(int64_t items, Body body);

  Kernels<T> kernels;
  T *parameters = nullptr;      // [parameters]
  T *staged = nullptr;          // [staged]
  T *result = nullptr;          // [parameters], the gradient or the started parameters
  T *moments = nullptr;         // [2][probes]
  Worker<T> *workers = nullptr; // [workerCount]
  int64_t workerCount = 0;
  StepMemory<T> step;
};

} // namespace flowc::runtime::model

#endif
