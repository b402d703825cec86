// SPDX-License-Identifier: MIT
//
// A model on the emulated GPU beside itself on the CPU, through the C interface: all that it computes, for batches of given sizes.

#pragma once

#include "tests/gpu/DeviceModel.h"

#include "runtime/selftest/Subject.h"

namespace flowc::test {

template <typename T> std::vector<T> narrow(const runtime::Values &values) { return {values.begin(), values.end()}; }

/// Every step is the CPU's; sums over samples alone are added up in another order.
template <typename T> void same(const char *what, const std::vector<T> &expected, const std::vector<T> &found);

/// With products of factors rounded as --matmul says; what that moves is measured on the CPU.
template <typename T>
void compareWithCpu(const DeviceModel &device, const std::vector<int64_t> &batches, const std::string &matmul = "f32",
                    bool hasGradients = true);

} // namespace flowc::test
