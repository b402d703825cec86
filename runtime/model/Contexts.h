// SPDX-License-Identifier: MIT
//
// What a model can take as context.

#ifndef FLOWC_RUNTIME_MODEL_CONTEXTS_H
#define FLOWC_RUNTIME_MODEL_CONTEXTS_H

#include "runtime/abi/flowrt.h"
#include "runtime/abi/flowrt_kernels.h"

namespace flowc::runtime::model {

/// Numbers of a row of context: a label is one.
inline int64_t contextColumns(const flowrt_kernel_info &info) { return info.label ? 1 : info.context; }

/// Whether there is a context where there must be one, wherever it lies.
inline flowrt_status checkPresence(const flowrt_kernel_info &info, const void *context, int64_t rows) {
  if (!info.context)
    return context ? FLOWRT_NOT_CONDITIONAL : FLOWRT_OK;
  return context || rows == 0 ? FLOWRT_OK : FLOWRT_NO_CONTEXT;
}

/// Whether labels are labels.
template <typename T> flowrt_status checkLabels(const flowrt_kernel_info &info, const T *labels, int64_t rows) {
  for (int64_t row = 0; row < rows; ++row) {
    // What is no number is no label, either.
    bool inside = labels[row] >= 0 && labels[row] < T(info.context);
    if (!inside || T(int64_t(labels[row])) != labels[row])
      return FLOWRT_BAD_LABEL;
  }
  return FLOWRT_OK;
}

/// Both, of a context in the host's memory.
template <typename T> flowrt_status checkRows(const flowrt_kernel_info &info, const T *context, int64_t rows) {
  flowrt_status status = checkPresence(info, context, rows);
  return status == FLOWRT_OK && context && info.label ? checkLabels(info, context, rows) : status;
}

} // namespace flowc::runtime::model

#endif
