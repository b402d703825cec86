// SPDX-License-Identifier: MIT
//
// The emitted kernels of one element type as a value. All pointers are null where the model was not compiled for it.

#ifndef FLOWC_RUNTIME_MODEL_KERNELS_H
#define FLOWC_RUNTIME_MODEL_KERNELS_H

#include "runtime/abi/flowrt_kernels.h"

extern "C" {
FLOWRT_DECLARE_KERNELS(f32, float)
FLOWRT_DECLARE_KERNELS(f64, double)
}

namespace flowc::runtime::model {

template <typename T> struct Kernels {
  using Judge = void (*)(const T *staged, const T *in, T *out, T *workspace);
  using Gradient = void (*)(const T *staged, const T *in, const T *weight, T *objective, T *stagedGradient, T *workspace);

  const flowrt_kernel_info *info;
  void (*stage)(const T *parameters, T *staged, T *workspace);
  void (*stageAdjoint)(const T *parameters, const T *stagedGradient, T *gradient, T *workspace);
  void (*toLatent)(const T *staged, const T *x, T *z, T *logDet, T *workspace);
  void (*toData)(const T *staged, const T *z, T *x, T *logDet, T *workspace);
  void (*logProb)(const T *staged, const T *x, T *logProb, T *workspace);
  void (*sample)(const T *staged, const T *u, T *x, T *logProb, T *workspace);
  void (*objective)(const T *staged, const T *in, T *objective, T *workspace); // or else logProb
  void (*target)(const T *staged, const T *x, T *logDensity, T *workspace);    // may be null
  Gradient gradient;
  const flowrt_segment *segments; // of training; one, without statistics, where there is no list of them
  int64_t segmentCount;
  void (*const *segmentKernels)(void);
  void (*statistics)(const T *staged, T *parameters, T *workspace); // may be null
  void (*probe)(const T *staged, const T *x, T *probed, T *workspace);
  void (*start)(const T *mean, const T *deviation, T *parameters, T *workspace);

  /// What segment k, not the last one, gives; and the gradient of any.
  Judge segment(int64_t k) const { return reinterpret_cast<Judge>(segmentKernels[2 * k]); }
  Gradient segmentGradient(int64_t k) const {
    return segmentCount == 1 ? gradient : reinterpret_cast<Gradient>(segmentKernels[2 * k + 1]);
  }
};

/// All of training, where nothing cuts it.
inline constexpr flowrt_segment wholeTraining[] = {{1, 0, 0, 0}, {}};

inline int64_t countSegments(const flowrt_segment *segments) {
  int64_t count = 0;
  while (segments[count].outputs)
    ++count;
  return count;
}

/// The kernels that were linked for T; `info` is null if there are none.
template <typename T> Kernels<T> linkedKernels();

#define FLOWC_LINKED_KERNELS(P, T)                                                                                     \
  template <> inline Kernels<T> linkedKernels<T>() {                                                                   \
    const flowrt_segment *listed = flow_##P##_segments, *segments = listed ? listed : wholeTraining;                   \
    return {&flow_##P##_info,                                                                                          \
            flow_##P##_stage,                                                                                          \
            flow_##P##_stage_adjoint,                                                                                  \
            flow_##P##_to_latent,                                                                                      \
            flow_##P##_to_data,                                                                                        \
            flow_##P##_log_prob,                                                                                       \
            flow_##P##_sample,                                                                                         \
            flow_##P##_objective ? flow_##P##_objective : flow_##P##_log_prob,                                         \
            flow_##P##_target,                                                                                         \
            flow_##P##_gradient,                                                                                       \
            segments,                                                                                                  \
            countSegments(segments),                                                                                   \
            flow_##P##_segment_kernels,                                                                                \
            flow_##P##_statistics,                                                                                     \
            flow_##P##_probe,                                                                                          \
            flow_##P##_start};                                                                                         \
  }
FLOWC_LINKED_KERNELS(f32, float)
FLOWC_LINKED_KERNELS(f64, double)
#undef FLOWC_LINKED_KERNELS

} // namespace flowc::runtime::model

#endif
