// SPDX-License-Identifier: MIT

#include "tests/gpu/DeviceModel.h"

#include <catch2/catch.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <unistd.h>

// The driver's, as a host program calls them.
extern "C" {
int cuDevicePrimaryCtxRetain(void **context, int device);
int cuDevicePrimaryCtxRelease_v2(int device);
int cuCtxPushCurrent_v2(void *context);
int cuCtxPopCurrent_v2(void **context);
int cuMemAlloc_v2(void **address, size_t bytes);
int cuMemFree_v2(void *address);
int cuMemcpyHtoDAsync_v2(void *to, const void *from, size_t bytes, void *stream);
int cuMemcpyDtoHAsync_v2(void *to, const void *from, size_t bytes, void *stream);
int cuStreamCreate(void **stream, unsigned flags);
int cuStreamDestroy_v2(void *stream);
int cuStreamSynchronize(void *stream);
int emulatedModules(); // the stand-in's own
}

namespace flowc::test {
namespace {

constexpr int kDevice = 10; // the stand-in's handle of the first one

/// The context, for one call.
struct InContext {
  InContext() {
    REQUIRE(cuDevicePrimaryCtxRetain(&context, kDevice) == 0);
    cuCtxPushCurrent_v2(context);
  }
  ~InContext() {
    cuCtxPopCurrent_v2(&context);
    cuDevicePrimaryCtxRelease_v2(kDevice);
  }
  void *context;
};

void run(const std::string &command) {
  INFO(command);
  REQUIRE(std::system(command.c_str()) == 0);
}

} // namespace

const DeviceModel &DeviceModel::of(const std::string &spec) {
  static std::map<std::string, std::unique_ptr<DeviceModel>> models;
  std::unique_ptr<DeviceModel> &model = models[spec];
  if (!model)
    model = std::make_unique<DeviceModel>(spec);
  model->useKernels();
  return *model;
}

static std::string newFolder() {
  char name[] = "/tmp/flowc-device-XXXXXX";
  return mkdtemp(name);
}

DeviceModel::DeviceModel(const std::string &spec) : folder(newFolder()) {
  std::string file = folder + "/model.flow";
  std::ofstream(file) << spec;
  INFO(spec);
  compile(file, "");
}

DeviceModel::DeviceModel(const std::string &file, const std::string &options) : folder(newFolder()) { compile(file, options); }

void DeviceModel::compile(const std::string &file, const std::string &options) {
  std::string flowc = std::string(FLOWC) + " " + file + " -O1 " + options;
  run(flowc + " --target cpu,cuda --matmul f32 -o " + folder + "/model 2>/dev/null");
  run(flowc + " --target cpu,cuda --emit scheduled -o " + folder + "/model.mlir");
  runtime::Result<runtime::CompiledModel> opened = runtime::CompiledModel::open(folder + "/model");
  REQUIRE(opened);
  model = std::make_unique<runtime::CompiledModel>(*opened);
}

void DeviceModel::useKernels(const std::string &matmul) const {
  std::string library = folder + "/" + matmul + ".so";
  if (!std::filesystem::exists(library))
    run(std::string(EMULATE_MODEL) + " " + folder + "/model.mlir " + library + " " + matmul);
  setenv("FLOWC_EMULATED_KERNELS", library.c_str(), 1);
}

int modulesOnDevice() { return emulatedModules(); }

DeviceModel::~DeviceModel() { std::filesystem::remove_all(folder); }

DeviceMemory::DeviceMemory(size_t bytes) {
  InContext context;
  REQUIRE(cuMemAlloc_v2(&at, bytes) == 0);
}
DeviceMemory::~DeviceMemory() {
  InContext context;
  cuMemFree_v2(at);
}
void DeviceMemory::write(const void *from, size_t bytes) {
  InContext context;
  cuMemcpyHtoDAsync_v2(at, from, bytes, nullptr);
}
void DeviceMemory::read(void *to, size_t bytes) const {
  InContext context;
  cuMemcpyDtoHAsync_v2(to, at, bytes, nullptr);
}

HostStream::HostStream() {
  InContext context;
  cuStreamCreate(&at, 0);
}
HostStream::~HostStream() {
  InContext context;
  cuStreamDestroy_v2(at);
}
void HostStream::wait() const {
  InContext context;
  cuStreamSynchronize(at);
}

} // namespace flowc::test
