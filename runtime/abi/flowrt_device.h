/* SPDX-License-Identifier: MIT
 *
 * What a model library carries for GPUs: the kernels as PTX, which the driver of whatever GPU there is makes machine code of. All of it is
 * absent where the model was compiled for the CPU alone.
 *
 * The kernels have the names of flowrt_kernels.h and do the same for many tiles; what they take: targets/cuda/README.md. Every argument has
 * 64 bits: a pointer to the device's memory, or a number. Around them there are, per element type, those that know no model:
 *
 *   rows_to_tiles    (rows, order, tiles, from, count, columns, first, height, tile): the rows number from, from + 1, ... of the order,
 *                    of rows[][columns], into the rows first, first + 1, ... of tiles of [height][tile]; lanes past the end of the last tile
 *                    are copies of the last row. Without an order (null) rows stand in it as they lie
 *   labels_to_tiles  (labels, order, tiles, from, count, columns, first, height, tile): the same of a row of zeros with a 1 at the label
 *   weights_to_tiles (weights, order, tiles, from, count, tile): the same of a number a row, 1 without weights (null); lanes past the end
 *                    weigh 0
 *   tiles_to_rows    (tiles, rows, count, columns, tile): back, from tiles of [columns][tile]
 *   uniform_tiles    (tiles, seed, first, tile count, columns, height, tile, stream): the numbers of runtime/Philox.h of the items first,
 *                    first + 1, ..., in all lanes
 */
#ifndef FLOWRT_DEVICE_H
#define FLOWRT_DEVICE_H

#include "flowrt_kernels.h"

#define FLOWRT_DEVICE_ABI 2

typedef struct flowrt_device_image {
  int64_t architecture; /* the oldest GPU that it is for, 80 for sm_80; 0 ends the list. The newest comes first */
  int64_t text;         /* where its PTX begins in flow_cuda_text */
} flowrt_device_image;

typedef struct flowrt_device_kernel {
  int64_t name;    /* where it begins in flow_cuda_text */
  int64_t threads; /* of a block; 0 ends the list */
} flowrt_device_kernel;

#ifdef __cplusplus
extern "C" {
#endif

extern const int64_t flow_cuda_abi FLOWRT_WEAK; /* FLOWRT_DEVICE_ABI */
extern const flowrt_device_image flow_cuda_images[] FLOWRT_WEAK;
extern const flowrt_device_kernel flow_cuda_kernels[] FLOWRT_WEAK;
extern const char flow_cuda_text[] FLOWRT_WEAK; /* each part ends with NUL */
/* The kernels' sizes. The workspace is that of one block. */
extern const flowrt_kernel_info flow_cuda_f32_info FLOWRT_WEAK;
extern const flowrt_kernel_info flow_cuda_f64_info FLOWRT_WEAK;

#ifdef __cplusplus
}
#endif

#endif
