/* SPDX-License-Identifier: MIT
 *
 * What the compiler emits and the model library's driver calls: kernels over ONE TILE of samples. Those of training may have larger tiles.
 *
 * A tile is feature-major with the samples innermost: element (feature f, sample s) is at f * tile + s. Every pointer is
 * aligned to 64 bytes. The kernels know nothing of batches, threads, ragged ends or row-major data: the driver (runtime/model)
 * transposes rows into tiles, fills the lanes past the end of the batch with copies of a valid row, and gives them weight 0.
 *
 * The kernels of a conditional model take a sample with its context behind its features: x, z, u and in below are
 * [features + context][tile]. What they give has the features alone. Where a model has `noise`, `gradient`, or the first segment's kernels,
 * take rows of random numbers, uniform in (0, 1), behind these.
 *
 * Every symbol exists once per element type the model was compiled for, as flow_f32_NAME and flow_f64_NAME; those of the
 * element type that was not asked for are absent (the driver declares them weak).
 */
#ifndef FLOWRT_KERNELS_H
#define FLOWRT_KERNELS_H

#include <stdint.h>

#define FLOWRT_KERNEL_ABI 4

/* Sizes in elements, not bytes. */
typedef struct flowrt_kernel_info {
  int64_t abi;        /* FLOWRT_KERNEL_ABI */
  int64_t tile;       /* samples in a tile */
  int64_t features;   /* of the data, and so of the latent */
  int64_t parameters; /* of the parameter vector, see the manifest */
  int64_t staged;     /* of the vector that `stage` computes from the parameters */
  int64_t workspace;  /* that any kernel below may overwrite */
  int64_t probes;     /* rows that `probe` writes: the inputs of the data-dependent starts */
  int64_t context;    /* rows behind the features of a tile that a kernel takes; 0 if the model is not conditional */
  int64_t label;      /* 1 if these are of a label: 1 in the label's row and 0 in the others */
  int64_t noise;      /* rows of random numbers that training takes behind these; 0 if it takes none */

  /* Of `gradient` and the segments' kernels on the CPU, and of how the driver calls them there (compiler/Schedule/Choice.h). */
  int64_t training_tile; /* samples in a tile */
  int64_t chunk_tiles;   /* tiles whose gradients are summed in one place, if that leaves `least_chunks` such places */
  int64_t least_chunks;  /* places to sum in, if there are so many tiles */
} flowrt_kernel_info;

/* A model whose layers take statistics over the batch is trained in segments, each over the whole batch before the next begins: the first
 * begins from rows of data, every other one from what the one before it gives, and the last one gives what training raises. The first
 * `probed` rows of what a segment gives are those that statistics are taken of behind it; their means and variances lie in the staged
 * vector. */
typedef struct flowrt_segment {
  int64_t outputs;  /* rows that the segment gives, 1 of the last one; 0 ends the list of segments */
  int64_t probed;   /* how many of them, the first ones, statistics are taken of */
  int64_t mean;     /* where in the staged vector their means are, [probed] */
  int64_t variance; /* and their variances */
} flowrt_segment;

/* Declares the kernels for element type T under the prefix flow_P_. All return nothing and cannot fail.
 *
 *   stage            staged := everything that depends on the parameters alone; once per step
 *   stage_adjoint    gradient += the parameters' gradient, given that of the staged vector
 *   to_latent        z, and log|det dz/dx| per sample
 *   to_data          x, and log|det dx/dz| per sample
 *   log_prob         log density per sample
 *   sample           x and its log density, from u uniform in the open interval (0, 1), [features][tile]
 *   objective        what training raises, per sample, from u as for sample; absent where that is log_prob, from x
 *   target           the target's log density per sample, up to a constant, from x; absent where there is none
 *   gradient         the objective (or else log_prob) per sample, and staged_gradient += d(sum of weight[s] * objective[s]) / d(staged);
 *                    absent where there are segments
 *   segments         ends with one of no outputs; absent where the model takes no statistics
 *   segment_kernels  of each segment two: as log_prob, from what it begins from to what it gives; and as gradient, where `weight` is the
 *                    gradient by what the segment gives, and `objective` becomes the objective if it is the last one, and behind that,
 *                    but for the first segment, the gradient by what it begins from
 *   statistics       from a staged vector with the statistics of a batch: those parameters that follow them; all others are left alone
 *   probe            the values whose mean and deviation the data-dependent starts ask for, [probes][tile]
 *   start            from mean[probes] and deviation[probes]: the started parameters, each at its own place of `parameters`;
 *                    all other elements are left alone
 */
#define FLOWRT_DECLARE_KERNELS(P, T)                                                                                         \
  extern const flowrt_kernel_info flow_##P##_info FLOWRT_WEAK;                                                               \
  extern void flow_##P##_stage(const T *parameters, T *staged, T *workspace) FLOWRT_WEAK;                                    \
  extern void flow_##P##_stage_adjoint(const T *parameters, const T *staged_gradient, T *gradient, T *workspace)             \
      FLOWRT_WEAK;                                                                                                           \
  extern void flow_##P##_to_latent(const T *staged, const T *x, T *z, T *log_det, T *workspace) FLOWRT_WEAK;                 \
  extern void flow_##P##_to_data(const T *staged, const T *z, T *x, T *log_det, T *workspace) FLOWRT_WEAK;                   \
  extern void flow_##P##_log_prob(const T *staged, const T *x, T *log_prob, T *workspace) FLOWRT_WEAK;                       \
  extern void flow_##P##_sample(const T *staged, const T *u, T *x, T *log_prob, T *workspace) FLOWRT_WEAK;                   \
  extern void flow_##P##_objective(const T *staged, const T *u, T *objective, T *workspace) FLOWRT_WEAK;                     \
  extern void flow_##P##_target(const T *staged, const T *x, T *log_density, T *workspace) FLOWRT_WEAK;                      \
  extern void flow_##P##_gradient(const T *staged, const T *in, const T *weight, T *objective, T *staged_gradient,           \
                                  T *workspace) FLOWRT_WEAK;                                                                 \
  extern const flowrt_segment flow_##P##_segments[] FLOWRT_WEAK;                                                             \
  extern void (*const flow_##P##_segment_kernels[])(void) FLOWRT_WEAK;                                                       \
  extern void flow_##P##_statistics(const T *staged, T *parameters, T *workspace) FLOWRT_WEAK;                               \
  extern void flow_##P##_probe(const T *staged, const T *x, T *probed, T *workspace) FLOWRT_WEAK;                            \
  extern void flow_##P##_start(const T *mean, const T *deviation, T *parameters, T *workspace) FLOWRT_WEAK;

#define FLOWRT_WEAK __attribute__((weak, visibility("hidden")))

/* The manifest (docs/manifest.md), NUL-terminated JSON. */
extern const char flow_manifest[];

#endif
