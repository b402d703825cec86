// SPDX-License-Identifier: MIT
//
// What the runtime's tests share: the mock models, a folder that vanishes, a command run with its output and exit code.

#ifndef FLOWC_TESTS_RUNTIME_SUPPORT_H
#define FLOWC_TESTS_RUNTIME_SUPPORT_H

#include "runtime/AtomicFile.h"
#include "runtime/CompiledModel.h"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <sys/wait.h>

namespace flowc::runtime {

inline CompiledModel openMock(const std::string &name = "mock") {
  Result<CompiledModel> model = CompiledModel::open(std::string(FLOWC_MOCK_DIR) + "/" + name + "/mock.so");
  if (!model)
    FAIL(model.error().message);
  return *model;
}

class TemporaryFolder {
public:
  TemporaryFolder() {
    char name[] = "/tmp/flowc-test-XXXXXX";
    path = mkdtemp(name);
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path); }

  std::string file(const std::string &name) const { return path + "/" + name; }
  std::string write(const std::string &name, std::string_view content) const {
    REQUIRE(!writeFileAtomically(file(name), {content}));
    return file(name);
  }
  size_t files() const {
    return size_t(std::distance(std::filesystem::directory_iterator(path), std::filesystem::directory_iterator()));
  }

  std::string path;
};

struct CommandResult {
  int exitCode;
  std::string output; // stdout and stderr
};

inline CommandResult runCommand(const std::string &line) {
  CommandResult result{-1, ""};
  FILE *pipe = popen((line + " 2>&1").c_str(), "r");
  char buffer[4096];
  for (size_t count; (count = fread(buffer, 1, sizeof buffer, pipe)) > 0;)
    result.output.append(buffer, count);
  int status = pclose(pipe);
  result.exitCode = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return result;
}

/// A model directory as flowc would write it, from a mock.
inline void makeModelDirectory(const TemporaryFolder &folder, const std::string &mock = "mock") {
  std::filesystem::copy(std::string(FLOWC_MOCK_DIR) + "/" + mock + "/mock.so", folder.file("mock.so"));
  std::filesystem::copy(FLOWC_RUNNER, folder.file("model"));
  folder.write("manifest.json", openMock(mock).api()->manifest);
}

} // namespace flowc::runtime

#endif
