// SPDX-License-Identifier: MIT

#ifndef FLOWC_RUNTIME_MODEL_TRAININGENTRY_H
#define FLOWC_RUNTIME_MODEL_TRAININGENTRY_H

#include "runtime/abi/flowrt.h"

namespace flowc::runtime::model {

/// Training's part of the table that a model library exports.
extern const flowrt_training_api trainingApi;

} // namespace flowc::runtime::model

#endif
