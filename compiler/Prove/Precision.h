// SPDX-License-Identifier: MIT
//
// What is a bijection of the reals and none of 32-bit numbers: an exponential that overflows, a tanh that has reached 1.

#pragma once

#include "compiler/Prove/Search.h"

namespace flowc::prove {

/// Numbers of ordinary size at which 32 bits are not enough. The layer is a bijection all the same.
struct PrecisionLoss {
  Witness witness;
  /// What happens there, and a change that avoids it.
  std::string finding, remedy;
};

/// Looks for it among inputs and networks' results of up to 100, whatever the parameters are as long as they are small: it is found only
/// if it is there for all that were tried.
std::optional<PrecisionLoss> findPrecisionLoss(const Formula &formula);

} // namespace flowc::prove
