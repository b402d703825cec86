// SPDX-License-Identifier: MIT

#pragma once

#include "mlir/Pass/Pass.h"

namespace flowc {

/// From the layers' derived functions, the model's:
///   to_latent(x) -> (z, log|det dz/dx|)        to_data(z) -> (x, log|det dx/dz|)
///   log_prob(x) -> log density                  sample(u in (0,1)) -> (x, log density)
///   objective(u in (0,1)) -> what training raises, where the model has a function `target`
///   training(x) -> what training raises, as a step computes it: with flow.statistic in place of every parameter that follows one, and
///     with estimates of log-determinants where there are any; absent where neither is
///   probe(x) -> what the data-dependent starts look at, one vector
///   start(mean, deviation) stores the started parameters.
/// The base is a layer like any other (onto the unit cube): a density is a log-determinant, a sample an inverse.
std::unique_ptr<mlir::Pass> createComposeModelPass();

} // namespace flowc
