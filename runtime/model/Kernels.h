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
  const flowrt_kernel_info *info;
  void (*stage)(const T *parameters, T *staged, T *workspace);
  void (*stageAdjoint)(const T *parameters, const T *stagedGradient, T *gradient, T *workspace);
  void (*toLatent)(const T *staged, const T *x, T *z, T *logDet, T *workspace);
  void (*toData)(const T *staged, const T *z, T *x, T *logDet, T *workspace);
  void (*logProb)(const T *staged, const T *x, T *logProb, T *workspace);
  void (*sample)(const T *staged, const T *u, T *x, T *logProb, T *workspace);
  void (*gradient)(const T *staged, const T *x, const T *weight, T *logProb, T *stagedGradient, T *workspace);
  void (*probe)(const T *staged, const T *x, T *probed, T *workspace);
  void (*start)(const T *mean, const T *deviation, T *parameters, T *workspace);
};

/// The kernels that were linked for T; `info` is null if there are none.
template <typename T> Kernels<T> linkedKernels();

template <> inline Kernels<float> linkedKernels<float>() {
  return {&flow_f32_info,    flow_f32_stage,  flow_f32_stage_adjoint, flow_f32_to_latent, flow_f32_to_data,
          flow_f32_log_prob, flow_f32_sample, flow_f32_gradient,      flow_f32_probe,     flow_f32_start};
}
template <> inline Kernels<double> linkedKernels<double>() {
  return {&flow_f64_info,    flow_f64_stage,  flow_f64_stage_adjoint, flow_f64_to_latent, flow_f64_to_data,
          flow_f64_log_prob, flow_f64_sample, flow_f64_gradient,      flow_f64_probe,     flow_f64_start};
}

} // namespace flowc::runtime::model

#endif
