// SPDX-License-Identifier: MIT

#include "runtime/model/device/DeviceGradient.h"

#include "runtime/model/Memory.h"
#include "runtime/model/Tile.h"

#include <initializer_list>
#include <stdio.h>

namespace flowc::runtime::model {

/// Private gradients: enough to keep the largest devices busy, and no more of them than fit into so much memory. Their number says in which
/// order sums are added up, so it must not depend on the device.
static constexpr int64_t MostChunks = 512, MostChunkBytes = 256 << 20;

static constexpr int64_t Warp = 32;

template <typename T> void DeviceGradient<T>::prepare(Device &device, const flowrt_kernel_info &given) {
  machine = &device;
  info = &given;
  auto find = [&](const char *name) { return machine->find(sizeof(T) == 4 ? "f32" : "f64", name); };
  auto findNumbered = [&](const char *name, int64_t k) {
    char whole[60];
    snprintf(whole, sizeof whole, name, int(k));
    return find(whole);
  };
  Kernels<T> host = linkedKernels<T>();
  segmentCount = host.segmentCount;
  segments = allocate<Segment>(segmentCount);
  if (!segments)
    return machine->fail(FLOWRT_NO_MEMORY);
  bool isOne = segmentCount == 1;
  for (int64_t k = 0; k < segmentCount; ++k) {
    const flowrt_segment &rows = host.segments[k];
    segments[k] = {rows, {}, isOne ? find("gradient") : findNumbered("segment_gradient_%d", k), carriedRows};
    if (k + 1 == segmentCount)
      break;
    segments[k].forward = findNumbered("segment_%d", k);
    carriedRows += rows.outputs;
    mostOutputs = mostOutputs > rows.outputs ? mostOutputs : rows.outputs;
    mostProbed = mostProbed > rows.probed ? mostProbed : rows.probed;
  }
  kernels = {find("step_moments"), find("step_join_moments"), find("step_slopes"), find("step_arrive"),
             isOne ? find("gradient_reduce") : findNumbered("segment_gradient_%d_reduce", segmentCount - 1),
             find("stage_adjoint")};
  filler.prepare(device, given);
  slope = machine->template allocate<T>(info->parameters);
}

template <typename T> void DeviceGradient<T>::release() {
  if (!machine)
    return;
  for (void *part : {static_cast<void *>(memory), static_cast<void *>(slope), static_cast<void *>(moments)})
    machine->free(part);
  memory = slope = nullptr;
  moments = nullptr;
  ::free(segments);
  segments = nullptr;
  roomTiles = 0;
}

template <typename T> int64_t DeviceGradient<T>::chunksFor(int64_t tiles) const {
  int64_t fitting = MostChunkBytes / (info->staged * int64_t(sizeof(T)) + 1);
  return smaller(tiles, smaller(fitting > 1 ? fitting : 1, MostChunks));
}

/// Of a kernel that a block takes an item of at a time.
template <typename T> int64_t DeviceGradient<T>::blocksOf(const DeviceKernel &kernel, int64_t items) const {
  return smaller(items, kernel.mostBlocks);
}

template <typename T> bool DeviceGradient<T>::grow(int64_t rows, DriverStream *stream) {
  int64_t tiles = filler.tilesIn(rows), tile = info->tile, most = 1;
  if (tiles <= roomTiles)
    return true;
  machine->wait(stream);
  machine->free(memory);
  machine->free(moments);
  roomTiles = 0;
  for (int64_t k = 0; k < segmentCount; ++k)
    for (const DeviceKernel &kernel : {segments[k].forward, segments[k].gradient})
      most = most > kernel.mostBlocks ? most : kernel.mostBlocks;
  // Every part begins at a multiple of 64 bytes.
  int64_t whole = int64_t(Alignment / sizeof(T)), used = 0;
  auto part = [&](int64_t count) {
    used += (count + whole - 1) / whole * whole;
    return used - (count + whole - 1) / whole * whole;
  };
  int64_t atIn = part(tiles * tile * givenRows()), atWeight = part(tiles * tile);
  int64_t atLast = part(tiles * objectiveStride()), atSums = part(chunksFor(tiles) * info->staged);
  int64_t atWorkspace = part(smaller(tiles, most) * info->workspace), atCarried = part(tiles * tile * carriedRows);
  int64_t atGiven = part(tiles * tile * mostOutputs), atArrived = part(tiles * tile * mostOutputs);
  memory = machine->template allocate<T>(used);
  moments = machine->template allocate<double>((3 * tiles + 2) * mostProbed + 1);
  if (!memory || !moments)
    return false;
  in = memory + atIn;
  weight = memory + atWeight;
  last = memory + atLast;
  sums = memory + atSums;
  workspace = memory + atWorkspace;
  carried = memory + atCarried;
  given = memory + atGiven;
  arrived = memory + atArrived;
  statistics = moments + 3 * tiles * mostProbed;
  total = statistics + 2 * mostProbed;
  roomTiles = tiles;
  return machine->isGood();
}

template <typename T> void DeviceGradient<T>::fill(const DeviceRows<T> &from, int64_t count, DriverStream *stream) {
  int64_t height = givenRows();
  filler.features(from, in, count, height, stream);
  filler.contexts(from, in, count, height, stream);
  if (info->noise)
    filler.uniform(in + (height - info->noise) * info->tile, from.noiseSeed, from.firstNoise, count, info->noise, height,
                   RandomStream::Estimate, stream);
  filler.weights(from, weight, count, stream);
}

template <typename T> void DeviceGradient<T>::runForward(int64_t k, int64_t tiles, T *staged, DriverStream *stream) {
  const Segment &segment = segments[k];
  T *out = carriedBy(k);
  machine->launch(segment.forward, blocksOf(segment.forward, tiles), stream, staged, begins(k), out, workspace, tiles);
  machine->launch(kernels.moments, kernels.moments.blocksFor(tiles * segment.rows.probed * Warp), stream, out, weight, moments,
                  segment.rows.outputs, segment.rows.probed, tiles);
  machine->launch(kernels.joinMoments, kernels.joinMoments.blocksFor(segment.rows.probed * Warp), stream, moments, staged, total,
                  segment.rows.probed, tiles, segment.rows.mean, segment.rows.variance);
}

template <typename T> void DeviceGradient<T>::runBack(int64_t k, int64_t tiles, T *staged, DriverStream *stream) {
  const Segment &segment = segments[k];
  const flowrt_segment &rows = segment.rows;
  int64_t chunks = chunksFor(tiles), tile = info->tile;
  bool isLast = k + 1 == segmentCount;
  if (!isLast) {
    bool fromLast = k + 2 == segmentCount; // which gives the objective first
    machine->launch(kernels.slopes, kernels.slopes.blocksFor(2 * rows.probed), stream, sums, statistics, info->staged, chunks, rows.probed,
                    rows.mean, rows.variance);
    machine->launch(kernels.arrive, kernels.arrive.blocksFor(tiles * rows.outputs * tile), stream, fromLast ? last : given, arrived,
                    carriedBy(k), weight, staged, statistics, total, (int64_t(fromLast) + rows.outputs) * tile, int64_t(fromLast) * tile,
                    rows.outputs, rows.probed, rows.mean, rows.variance, tiles);
  }
  machine->launch(segment.gradient, blocksOf(segment.gradient, chunks), stream, staged, begins(k), isLast ? weight : arrived,
                  isLast ? last : given, sums, workspace, tiles, chunks);
}

template <typename T>
T *DeviceGradient<T>::compute(const DeviceRows<T> &rows, int64_t count, const T *parameters, T *staged, DriverStream *stream) {
  int64_t tiles = filler.tilesIn(count), chunks = chunksFor(tiles);
  machine->clear(slope, info->parameters, stream);
  if (count == 0)
    return slope;
  fill(rows, count, stream);
  machine->clear(sums, chunks * info->staged, stream);
  for (int64_t k = 0; k + 1 < segmentCount; ++k)
    runForward(k, tiles, staged, stream);
  for (int64_t k = segmentCount - 1; k >= 0; --k)
    runBack(k, tiles, staged, stream);
  if (chunks > 1)
    machine->launch(kernels.reduce, kernels.reduce.blocksFor(info->staged), stream, sums, chunks);
  machine->launch(kernels.stageAdjoint, 1, stream, parameters, sums, slope, workspace);
  return slope;
}

/// With nothing to add, what arrives is what was given.
template <typename T> void DeviceGradient<T>::copyObjective(T *to, int64_t count, DriverStream *stream) {
  int64_t tiles = filler.tilesIn(count), none = 0;
  machine->launch(kernels.arrive, kernels.arrive.blocksFor(tiles * info->tile), stream, last, to, last, weight, sums, moments, total,
                  objectiveStride(), none, int64_t(1), none, none, none, tiles);
}

template class DeviceGradient<float>;
template class DeviceGradient<double>;

} // namespace flowc::runtime::model
