// SPDX-License-Identifier: MIT
//
// What a command computes on: --device.

#ifndef FLOWC_RUNTIME_COMMANDS_DEVICECHOICE_H
#define FLOWC_RUNTIME_COMMANDS_DEVICECHOICE_H

#include "runtime/commands/Session.h"

namespace flowc::runtime {

/// The device that --device names, as flowrt.h names it, once a model of the session has been tried there. Anything but a plain CPU is said
/// on stderr.
Result<std::string> chooseDevice(const Session &session);

/// Whether a call failed for the sake of the device, and not for what it was asked.
bool concernsDevice(flowrt_status status);

/// What `message` says, with the way out.
Error deviceError(std::string_view message);

} // namespace flowc::runtime

#endif
