// SPDX-License-Identifier: MIT
//
// The memory that a part of a batch passes through on a device, and beside it on the host. Two passages take turns: while one's kernels
// run, the other's rows are copied.

#ifndef FLOWC_RUNTIME_MODEL_DEVICE_PASSAGE_H
#define FLOWC_RUNTIME_MODEL_DEVICE_PASSAGE_H

#include "runtime/model/Memory.h"
#include "runtime/model/device/Device.h"

namespace flowc::runtime::model {

/// How large a passage is.
struct PassageSize {
  int64_t rows = 0;                 // that it has room for, whole tiles
  int64_t blocks = 0;               // that it has workspaces for
  int64_t in, context, tile, out;   // numbers of a row: its data, its context, both as kernels take them, what they give beside a density
  int64_t workspace;                // numbers of a block's

  int64_t onDevice() const { return rows * (in + context + tile + 2 * out + 1) + blocks * workspace; }
  int64_t onHost() const { return rows * (in + context + out + 1); }
};

template <typename T> class Passage {
public:
  /// Makes the memory anew. False, with nothing left, where there is too little.
  bool grow(Device &device, const PassageSize &size) {
    release(device);
    T *at = device.allocate<T>(size.onDevice());
    if (!(memory = at))
      return false;
    auto take = [&at](int64_t count) { return (at += count) - count; };
    rows = take(size.rows * size.in);
    context = take(size.rows * size.context);
    tiles = take(size.rows * size.tile);
    given = take(size.rows * size.out);
    results = take(size.rows * size.out);
    density = take(size.rows);
    workspace = at;
    return true;
  }

  /// Memory of the host for copies, made when it is first wanted.
  bool pin(Device &device, const PassageSize &size) {
    if (pinned)
      return true;
    T *at = device.allocatePinned<T>(size.onHost());
    if (!(pinned = at))
      return false;
    auto take = [&at](int64_t count) { return (at += count) - count; };
    hostRows = take(size.rows * size.in);
    hostContext = take(size.rows * size.context);
    hostResults = take(size.rows * size.out);
    hostDensity = at;
    return true;
  }

  void release(Device &device) {
    device.free(memory);
    device.freePinned(pinned);
    memory = pinned = nullptr;
  }

  /// What the host wants, once the stream is there.
  void expectResults(T *results, int64_t count) {
    resultsFor = results;
    resultCount = count;
  }
  void expectDensity(T *density, int64_t count) {
    densityFor = density;
    densityCount = count;
  }
  bool isExpected() const { return resultsFor || densityFor; }
  /// Whether copies between host and device may be under way.
  bool isHeld() const { return pinned; }
  void handOver(bool isGood) {
    if (resultsFor && isGood)
      model::copy(resultsFor, static_cast<const T *>(hostResults), resultCount);
    if (densityFor && isGood)
      model::copy(densityFor, static_cast<const T *>(hostDensity), densityCount);
    resultsFor = densityFor = nullptr;
  }

  DriverStream *stream = nullptr; // the passage's own
  T *rows, *context, *tiles, *given, *results, *density, *workspace;
  T *hostRows, *hostContext, *hostResults, *hostDensity;

private:
  T *memory = nullptr, *pinned = nullptr;
  T *resultsFor = nullptr, *densityFor = nullptr;
  int64_t resultCount = 0, densityCount = 0;
};

} // namespace flowc::runtime::model

#endif
