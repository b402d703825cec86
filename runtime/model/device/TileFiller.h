// SPDX-License-Identifier: MIT
//
// Tiles on a device, filled with what lies there: rows in an order, their contexts and weights, random numbers; and back to rows.

#ifndef FLOWC_RUNTIME_MODEL_DEVICE_TILEFILLER_H
#define FLOWC_RUNTIME_MODEL_DEVICE_TILEFILLER_H

#include "runtime/Philox.h"
#include "runtime/model/Contexts.h"
#include "runtime/model/Kernels.h"
#include "runtime/model/device/Device.h"

namespace flowc::runtime::model {

/// Rows in the device's memory: those of a batch are order[first], order[first + 1], ..., or first, first + 1, ... where `order` is null.
/// `context` and `weight` may be null, too. Where training takes random numbers, row k of the batch takes those number firstNoise + k of the
/// seed's.
template <typename T> struct DeviceRows {
  const T *rows, *context, *weight;
  const int64_t *order;
  int64_t first;
  uint64_t noiseSeed, firstNoise;
};

template <typename T> class TileFiller {
public:
  void prepare(Device &device, const flowrt_kernel_info &given) {
    machine = &device;
    info = &given;
    auto find = [&](const char *name) { return device.find(sizeof(T) == 4 ? "f32" : "f64", name); };
    rowsToTiles = find("rows_to_tiles");
    contextToTiles = given.label ? find("labels_to_tiles") : rowsToTiles;
    weightsToTiles = find("weights_to_tiles");
    tilesToRows = find("tiles_to_rows");
    uniformTiles = find("uniform_tiles");
  }

  int64_t tilesIn(int64_t rows) const { return (rows + info->tile - 1) / info->tile; }

  /// The features of `count` rows, in tiles of `height` rows.
  void features(const DeviceRows<T> &from, T *tiles, int64_t count, int64_t height, DriverStream *stream) const {
    gather(rowsToTiles, from.rows, from, tiles, count, info->features, 0, height, stream);
  }
  /// Their contexts, behind the features.
  void contexts(const DeviceRows<T> &from, T *tiles, int64_t count, int64_t height, DriverStream *stream) const {
    if (info->context)
      gather(contextToTiles, from.context, from, tiles, count, info->context, info->features, height, stream);
  }
  void weights(const DeviceRows<T> &from, T *lanes, int64_t count, DriverStream *stream) const {
    machine->launch(weightsToTiles, weightsToTiles.blocksFor(tilesIn(count) * info->tile), stream, from.weight, from.order, lanes, from.first,
                    count, info->tile);
  }
  /// Random numbers of `items` first, first + 1, ... into `columns` rows of each tile.
  void uniform(T *tiles, uint64_t seed, uint64_t first, int64_t count, int64_t columns, int64_t height, RandomStream kind,
               DriverStream *stream) const {
    int64_t number = tilesIn(count);
    machine->launch(uniformTiles, uniformTiles.blocksFor(number * info->tile * ((columns + 1) / 2)), stream, tiles, int64_t(seed),
                    int64_t(first), number, columns, height, info->tile, int64_t(kind));
  }
  void toRows(const T *tiles, T *rows, int64_t count, int64_t columns, DriverStream *stream) const {
    machine->launch(tilesToRows, tilesToRows.blocksFor(count * columns), stream, tiles, rows, count, columns, info->tile);
  }

private:
  void gather(const DeviceKernel &kernel, const T *numbers, const DeviceRows<T> &from, T *tiles, int64_t count, int64_t columns,
              int64_t atRow, int64_t height, DriverStream *stream) const {
    machine->launch(kernel, kernel.blocksFor(tilesIn(count) * info->tile * columns), stream, numbers, from.order, tiles, from.first, count,
                    columns, atRow, height, info->tile);
  }

  Device *machine = nullptr;
  const flowrt_kernel_info *info = nullptr;
  DeviceKernel rowsToTiles, contextToTiles, weightsToTiles, tilesToRows, uniformTiles;
};

} // namespace flowc::runtime::model

#endif
