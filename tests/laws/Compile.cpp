// SPDX-License-Identifier: MIT

#include "tests/laws/Compile.h"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <fmt/format.h>
#include <fstream>
#include <unistd.h>

namespace fs = std::filesystem;

namespace flowc::laws {

fs::path specFolder() {
  fs::path folder = fs::temp_directory_path() / fmt::format("flowc_laws_{}", static_cast<int>(getpid()));
  fs::create_directories(folder);
  return folder;
}

runtime::CompiledModel compileSpec(const std::string &spec, const std::string &dtype) {
  fs::path folder = specFolder(), source = folder / "law.flow";
  std::ofstream(source) << spec;
  std::string model = (folder / "law").string();
  fs::remove_all(model);
  REQUIRE(std::system(
              fmt::format("{} {} -o {} --dtype {} -O1 2>{}/log", FLOWC, source.string(), model, dtype, folder.string())
                  .c_str()) == 0);
  auto opened = runtime::CompiledModel::open(model);
  REQUIRE(opened);
  return *opened;
}

} // namespace flowc::laws
