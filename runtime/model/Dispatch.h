// SPDX-License-Identifier: MIT
//
// From an instance of the C interface to what computes, under its element type.

#ifndef FLOWC_RUNTIME_MODEL_DISPATCH_H
#define FLOWC_RUNTIME_MODEL_DISPATCH_H

#include "runtime/model/Backend.h"

namespace flowc::runtime::model {

/// Runs `call` with the instance under its own type.
template <typename Call> flowrt_status dispatch(flowrt_instance *instance, Call call) {
  if (instance->dtype == FLOWRT_F64)
    return call(*static_cast<Backend<double> *>(instance), double());
  return call(*static_cast<Backend<float> *>(instance), float());
}

} // namespace flowc::runtime::model

#endif
