// SPDX-License-Identifier: MIT
//
// Decides whether every layer of a model is a bijection from its domain onto the next layer's.

#pragma once

#include "compiler/Prove/Report.h"

namespace flowc::prove {

/// Checks all layers (flow IR, as imported). Nothing is changed and nothing printed. With `alone`, the layers before
/// the base are judged without it: what they map onto may be anything.
ModelReport checkModel(flow::ModelOp model, bool alone = false);

/// Writes each layer's verdict into its op, for the manifest, and for the derivation the domain that follows from the layers
/// before, and which way each output goes.
void recordFindings(const ModelReport &report, flow::ModelOp model);

/// Emits what is not proved as errors, with the witnesses as notes.
void emitFindings(const ModelReport &report);

/// Emits as warnings what is a bijection and yet not what was meant: features that nothing mixes, and `for32Bits` what 32-bit numbers
/// cannot follow, once for each place in the spec.
void emitWarnings(const ModelReport &report, bool for32Bits = true);

} // namespace flowc::prove
