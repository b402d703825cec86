// SPDX-License-Identifier: MIT
//
// The exit codes that all commands share.

#ifndef FLOWC_RUNTIME_CLI_EXITCODE_H
#define FLOWC_RUNTIME_CLI_EXITCODE_H

namespace flowc::cli {

enum class ExitCode : int {
  Done = 0,
  BadInput = 1,     // the spec, data or model was judged wrong
  Usage = 2,        // unknown command, option or value
  Environment = 3,  // file, device, disk, peer
  Training = 4,     // training ended without a usable model
  Undecided = 5,    // neither proved nor refuted
  Bug = 70,         // ours
  Interrupted = 130 // by the user; the state is saved
};

} // namespace flowc::cli

#endif
