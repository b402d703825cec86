// SPDX-License-Identifier: MIT

#ifndef FLOWC_RUNTIME_COMMANDS_MULTIPLYPEAK_H
#define FLOWC_RUNTIME_COMMANDS_MULTIPLYPEAK_H

namespace flowc::runtime {

/// GFLOP/s in f32 of one processor that multiplies and adds in registers alone, in the widest vectors that it has: no product of matrices
/// can be faster. Takes some ten milliseconds. 0 on a processor for which this is not written.
double measureMultiplyPeak();

} // namespace flowc::runtime

#endif
