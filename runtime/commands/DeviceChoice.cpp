// SPDX-License-Identifier: MIT

#include "runtime/commands/DeviceChoice.h"

#include <fmt/format.h>

namespace flowc::runtime {

bool concernsDevice(flowrt_status status) { return status >= FLOWRT_NO_DEVICE_CODE; }

Error deviceError(std::string_view message) { return environmentError("{}; or compute on the CPU, with `--device cpu`", message); }

Result<std::string> chooseDevice(const Session &session) {
  std::string asked = session.arguments.text("device").value_or("cpu");
  if (asked == "cpu")
    return asked;
  const flowrt_api &api = *session.compiled.api();
  bool isFree = asked == "auto";
  std::string name = isFree ? "cuda" : asked;
  flowrt_status status = FLOWRT_OK;
  flowrt_instance *instance = api.create_on(session.compiled.has(FLOWRT_F32) ? FLOWRT_F32 : FLOWRT_F64, name.c_str(), &status);
  if (instance) {
    session.note(fmt::format("device: {}", api.device(instance)));
    api.destroy(instance);
    return name;
  }
  std::string why = api.status_message(status);
  if (status == FLOWRT_BAD_DEVICE)
    return Error{ExitCode::Usage, fmt::format("`--device {}`: {}, or auto", asked, why)};
  if (!isFree)
    return deviceError(fmt::format("{}: {}", asked, why));
  session.note(fmt::format("device: cpu, for {}", why));
  return std::string("cpu");
}

} // namespace flowc::runtime
