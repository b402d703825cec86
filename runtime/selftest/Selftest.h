// SPDX-License-Identifier: MIT
//
// A compiled model against independent computations: finite differences, sums over grids, the base's formulas, other
// batch sizes and thread counts. Nothing here uses what the compiler derived.

#ifndef FLOWC_RUNTIME_SELFTEST_SELFTEST_H
#define FLOWC_RUNTIME_SELFTEST_SELFTEST_H

#include "runtime/selftest/Subject.h"

namespace flowc::runtime {

/// Runs all tests on a device, in all element types with initial and random parameters, and with `extra` unless empty.
std::vector<Verdict> runSelftests(const CompiledModel &compiled, uint64_t seed, const Values &extra, const std::string &device = "cpu");

} // namespace flowc::runtime

#endif
