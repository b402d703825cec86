// SPDX-License-Identifier: MIT

#include "compiler/driver/TunedSchedule.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/SHA256.h"

namespace flowc::driver {
namespace {

/// Another number where what the fields mean has changed.
constexpr int64_t kVersion = 1;

std::optional<TrainingSchedule> readSchedule(const llvm::json::Object &training) {
  auto tile = training.getInteger("tile"), chunkTiles = training.getInteger("chunk_tiles"), leastChunks = training.getInteger("least_chunks");
  if (!tile || !chunkTiles || !leastChunks || *tile < 16 || *tile > 4096 || *tile % 16 || *chunkTiles < 1 || *leastChunks < 1)
    return std::nullopt;
  return TrainingSchedule{*tile, *chunkTiles, *leastChunks};
}

} // namespace

TuningKey tuningKeyOf(llvm::StringRef spec, const cpu::CpuOptions &options, const ScheduleTarget &target) {
  llvm::SHA256 hash;
  hash.update(spec);
  bool native = options.cpu.empty() || options.cpu == "native";
  return {llvm::toHex(hash.final(), /*LowerCase=*/true),
          llvm::formatv("{0}, vectors of {1} bits, caches of {2} and {3} bytes, {4} threads", native ? cpu::hostCpuName() : options.cpu,
                        options.vectorBits ? std::to_string(options.vectorBits) : "most", target.secondCache, target.thirdCache, target.processors),
          target.batch};
}

std::string printTunedSchedule(const TuningKey &key, const TrainingSchedule &schedule) {
  llvm::json::Object training{{"tile", schedule.tile}, {"chunk_tiles", schedule.chunkTiles}, {"least_chunks", schedule.leastChunks}};
  llvm::json::Value text = llvm::json::Object{
      {"version", kVersion}, {"spec", key.spec}, {"machine", key.machine}, {"batch", key.batch}, {"training", std::move(training)}};
  return llvm::formatv("{0:2}\n", text);
}

std::optional<TrainingSchedule> readTunedSchedule(const std::string &directory, const TuningKey &key, std::string &ignored) {
  auto file = llvm::MemoryBuffer::getFile(directory + "/schedule.json", /*IsText=*/true);
  if (!file)
    return std::nullopt;
  auto parsed = llvm::json::parse((*file)->getBuffer());
  if (!parsed)
    llvm::consumeError(parsed.takeError());
  const llvm::json::Object *object = parsed ? parsed->getAsObject() : nullptr;
  const llvm::json::Object *training = object ? object->getObject("training") : nullptr;
  auto schedule = training ? readSchedule(*training) : std::nullopt;
  if (!schedule || object->getInteger("version") != kVersion)
    ignored = "is none that this flowc wrote";
  else if (object->getString("spec") != key.spec)
    ignored = "is for another spec";
  else if (object->getString("machine") != key.machine)
    ignored = "is for another machine";
  else if (object->getInteger("batch") != key.batch)
    ignored = "is for another batch size";
  return ignored.empty() ? schedule : std::nullopt;
}

} // namespace flowc::driver
