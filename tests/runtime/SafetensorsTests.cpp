// SPDX-License-Identifier: MIT
#include "runtime/Safetensors.h"
#include "tests/runtime/Support.h"

#include <cstring>

using namespace flowc::runtime;

namespace {

std::string pack(const std::string &header, size_t data) {
  uint64_t length = header.size();
  std::string bytes(8, '\0');
  std::memcpy(bytes.data(), &length, 8);
  return bytes + header + std::string(data, '\0');
}

std::string errorOf(const std::string &bytes) {
  auto file = parseSafetensors("p", bytes);
  REQUIRE(!file);
  CHECK(file.error().message.find('\n') == std::string::npos);
  return file.error().message;
}

} // namespace

TEST_CASE("safetensors survive being written and read") {
  TemporaryFolder folder;
  std::vector<float> a = {1, 2, 3, 4, 5, 6};
  std::vector<double> b = {0.1};
  REQUIRE(!writeSafetensors(
      folder.file("x"),
      {viewTensor("a", {2, 3}, a), viewTensor("b", {}, b), viewTensor("none", {0}, std::span<const float>())},
      {{"step", "7"}, {"text", "line\n\"quoted\""}}));
  auto file = readSafetensors(folder.file("x"));
  if (!file)
    FAIL(file.error().message);
  CHECK(file->metadata["text"] == "line\n\"quoted\"");
  REQUIRE(file->find("a"));
  CHECK(file->find("a")->shape == std::vector<int64_t>{2, 3});
  CHECK(*tensorValues<float>("x", *file->find("a")) == a);
  CHECK(*tensorValues<double>("x", *file->find("b")) == b);
  CHECK(file->find("none")->elements() == 0);
  auto bytes = readFile(folder.file("x"));
  uint64_t length;
  std::memcpy(&length, bytes->data(), 8);
  CHECK(length % 8 == 0);
  for (size_t size = 0; size < bytes->size(); ++size)
    CHECK(!parseSafetensors("x", bytes->substr(0, size)));
}

TEST_CASE("hostile safetensors are refused") {
  CHECK(errorOf("").find("truncated") != std::string::npos);
  CHECK(errorOf(std::string(8, '\xff')).find("header of 18446744073709551615 bytes") != std::string::npos);
  CHECK(errorOf(pack("[1]", 0)) == "p: the header is no JSON object");
  CHECK(errorOf(pack("{", 0)) == "p: the header is no JSON object");
  std::string f32 = R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]})";
  CHECK(errorOf(pack(f32 + R"(,"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}})", 12)).find("overlaps") !=
        std::string::npos);
  CHECK(errorOf(pack(f32 + R"(,"b":{"dtype":"F32","shape":[1],"data_offsets":[12,16]}})", 16)).find("hole") !=
        std::string::npos);
  CHECK(errorOf(pack(f32 + R"(,"a":{"dtype":"F32","shape":[2],"data_offsets":[8,16]}})", 16)).find("twice") !=
        std::string::npos);
  CHECK(errorOf(pack(f32 + "}", 7)).find("outside the file") != std::string::npos);
  CHECK(errorOf(pack(f32 + "}", 9)).find("belong to no tensor") != std::string::npos);
  CHECK(errorOf(pack(R"({"a":{"dtype":"F32","shape":[4294967295,4294967295,4294967295],"data_offsets":[0,8]}})", 8))
            .find("shape is impossible") != std::string::npos);
  CHECK(errorOf(pack(R"({"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,8]}})", 8)).find("shape is impossible") !=
        std::string::npos);
  CHECK(errorOf(pack(R"({"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}})", 8)).find("another size") !=
        std::string::npos);
  CHECK(errorOf(pack(R"({"a":{"dtype":"F99","shape":[2],"data_offsets":[0,8]}})", 8)).find("unknown dtype") !=
        std::string::npos);
  CHECK(errorOf(pack(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}})", 8)).find("outside") !=
        std::string::npos);
  CHECK(errorOf(pack(R"({"__metadata__":{"x":1}})", 0)).find("no string") != std::string::npos);
}
